"""Shorter ways from a request to a function: on LocalStack's own, most of a suite's time is spent between its parts.

None of them changes what a caller or a function sees."""

import threading
import time
import uuid

from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException
from localstack.aws.handlers.internal import LocalstackResourceHandler
from localstack.aws.handlers.legacy import EdgeRouterHandler
from localstack.services.apigateway.next_gen.execute_api.integrations.aws import RestApiAwsProxyIntegration
from localstack.services.apigateway.next_gen.execute_api.router import ApiGatewayEndpoint, ApiGatewayRouter
from localstack.services.lambda_.invocation import version_manager
from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment, RuntimeStatus
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem
from localstack.utils.aws.arns import parse_arn
from moto.logs.models import logs_backends

# Beyond a few at once, invocations only wait for each other, and each may start a process. The others stand in line.
INVOCATIONS_AT_ONCE = 12


def mend() -> None:
    """Applies the patches."""
    route()
    invoke()
    write_logs()
    keep_environments()


def route() -> None:
    """Goes past two routers that compare each request with every rule they hold."""
    find_resource, find_rule = LocalstackResourceHandler.__call__, EdgeRouterHandler.__call__
    gateways: list[ApiGatewayEndpoint] = []
    register = ApiGatewayRouter.register_routes

    def register_routes(self) -> None:
        gateways.append(self.handler)
        register(self)

    def resource(self, chain, context, response) -> None:
        if context.request.path.startswith("/_localstack"):
            find_resource(self, chain, context, response)

    def rule(self, chain, context, response) -> None:
        request, prefix = context.request, f"{ApiGatewayRouter.EXECUTE_API_INTERNAL_PATH}/"
        parts = request.path.removeprefix(prefix).split("/", 2)
        if gateways and request.path.startswith(prefix) and len(parts) == 3 and all(parts):
            api, stage, path = parts
            response.update_from(gateways[-1](request, api_id=api, stage=stage, path=path))
            chain.stop()
        elif not request.headers.get("Authorization", "").startswith("AWS4-"):
            # What is signed is for a service, and none of the rules.
            find_rule(self, chain, context, response)

    ApiGatewayRouter.register_routes = register_routes
    LocalstackResourceHandler.__call__ = resource
    EdgeRouterHandler.__call__ = rule


def invoke() -> None:
    """Has the gateway call Lambda without a client in between, which would make a signed request and read it again."""
    services: list[LambdaService] = []
    begin = LambdaService.__init__
    turn = threading.BoundedSemaphore(INVOCATIONS_AT_ONCE)

    def init(self, *arguments, **options) -> None:
        begin(self, *arguments, **options)
        services.append(self)

    def call(function_arn: str, event: bytes, source_arn: str, credentials: str | None = None) -> bytes:
        arn = parse_arn(function_arn)
        name, _, qualifier = arn["resource"].removeprefix("function:").partition(":")
        try:
            with turn:
                result = services[-1].invoke(
                    function_name=name,
                    qualifier=qualifier or None,
                    region=arn["region"],
                    account_id=arn["account"],
                    invocation_type=None,
                    client_context=None,
                    request_id=str(uuid.uuid4()),
                    payload=event,
                )
        except ServiceException as error:
            # What a client makes of it is what the gateway knows.
            raise ClientError({"Error": {"Code": error.code, "Message": str(error)}}, "Invoke") from error
        return result.payload

    LambdaService.__init__ = init
    RestApiAwsProxyIntegration.call_lambda = staticmethod(call)

    # Each invocation starts a thread that sends a metric through the whole server; nothing of ours reads these.
    start = version_manager.start_thread

    def start_thread(function, *arguments, **options):
        if not options.get("name", "").startswith("record-cloudwatch-metric"):
            return start(function, *arguments, **options)

    version_manager.start_thread = start_thread


def write_logs() -> None:
    """Writes what a function said where it is read, not by a request of its own for each invocation."""
    alone = threading.Lock()

    def add(self, item: LogItem) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": f"{line}\n"} for line in item.logs.split("\n") if line]
        backend = logs_backends[self.role_arn.split(":")[4]][self.region]
        with alone:
            backend.ensure_log_group(item.log_group)
            backend.ensure_log_stream(item.log_group, item.log_stream)
            backend.put_log_events(item.log_group, item.log_stream, events)

    LogHandler.add_logs = add
    LogHandler.start_subscriber = lambda self: None


def keep_environments() -> None:
    """Lets environments live as long as LocalStack; else each invocation starts a thread that waits for their end."""

    def release(self) -> None:
        with self.status_lock:
            if self.status == RuntimeStatus.INVOKING:
                self.status = RuntimeStatus.READY

    ExecutionEnvironment.release = release
