"""API Gateway: the Lambda authorizer of a REST API, and what the gateway answers by itself."""

import io
import json
import logging
import re
import time

import yaml
from localstack.http import Response
from localstack.services.apigateway.legacy import provider
from localstack.services.apigateway.next_gen.execute_api import gateway_response as refusals
from localstack.services.apigateway.next_gen.execute_api import handlers
from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import (
    GatewayExceptionHandler,
)
from localstack.services.apigateway.next_gen.execute_api.header_utils import build_multi_value_headers
from localstack.services.apigateway.next_gen.execute_api.helpers import (
    get_lambda_function_arn_from_invocation_uri,
)
from localstack.services.apigateway.next_gen.execute_api.integrations.aws import RestApiAwsProxyIntegration
from localstack.utils.aws.arns import get_partition

LOG = logging.getLogger(__name__)
HEADER_SOURCE = "method.request.header."
DEFAULT_TTL_SECONDS = 300

# What authorizers answered, and until when that holds.
answers: dict[tuple, tuple[float, dict]] = {}


def authorize(chain, context, response) -> None:
    """Asks the method's authorizer, which LocalStack stores and never calls. What is not done here is refused."""
    method = context.resource_method
    kind = method.get("authorizationType")
    if kind in (None, "NONE"):
        return
    authorizer = context.deployment.rest_api.authorizers.get(method.get("authorizerId"))
    if kind != "CUSTOM" or not authorizer or authorizer["type"] != "REQUEST":
        raise refusals.AuthorizerConfigurationError()
    identity = identities(authorizer, context.invocation_request["headers"])
    arn = f"arn:{get_partition(context.region)}:execute-api:{context.region}:{context.account_id}:{context.api_id}"
    answer = ask(authorizer, identity, arn, context)
    request = context.invocation_request
    decide(answer["policyDocument"], f"{arn}/{context.stage}/{request['http_method']}{request['path']}")
    values = {
        name: as_text(value) for name, value in (answer.get("context") or {}).items() if value is not None
    }
    context.context_variables["authorizer"] = {
        **values,
        "principalId": answer.get("principalId"),
        "integrationLatency": 0,
    }


def identities(authorizer: dict, headers) -> list[str]:
    """The headers that tell callers apart. Without one of them there is nothing to ask."""
    sources = [source.strip() for source in (authorizer.get("identitySource") or "").split(",")]
    if not all(source.startswith(HEADER_SOURCE) for source in sources):
        raise refusals.AuthorizerConfigurationError()
    values = [headers.get(source.removeprefix(HEADER_SOURCE)) for source in sources]
    if not all(values):
        raise refusals.UnauthorizedError("Unauthorized")
    return values


def ask(authorizer: dict, identity: list[str], arn: str, context) -> dict:
    """The authorizer's answer, from memory while it holds."""
    key = (context.api_id, context.stage, context.deployment_id, authorizer["id"], *identity)
    until, answer = answers.get(key, (0, {}))
    if time.monotonic() < until:
        return answer
    request = context.invocation_request
    event = {
        "type": "REQUEST",
        "methodArn": f"{arn}/{context.stage}/{request['http_method']}{request['path']}",
        "resource": context.resource["path"],
        "path": request["path"],
        "httpMethod": request["http_method"],
        "headers": dict(request["headers"]),
        "multiValueHeaders": build_multi_value_headers(request["headers"]),
        "queryStringParameters": request["query_string_parameters"],
        "multiValueQueryStringParameters": request["multi_value_query_string_parameters"],
        "pathParameters": request["path_parameters"] or {},
        "stageVariables": context.stage_variables or {},
        "requestContext": context.context_variables,
    }
    try:
        function = get_lambda_function_arn_from_invocation_uri(authorizer["authorizerUri"])
        source, role = f"{arn}/authorizers/{authorizer['id']}", authorizer.get("authorizerCredentials")
        payload = RestApiAwsProxyIntegration.call_lambda(function, json.dumps(event).encode(), source, role)
        answer = json.loads(payload)
    except Exception as failure:
        LOG.warning("authorizer %s: %s", authorizer.get("name"), failure)
        raise refusals.AuthorizerFailureError()
    if answer.get("errorMessage") == "Unauthorized":
        raise refusals.UnauthorizedError("Unauthorized")
    if "policyDocument" not in answer:
        LOG.warning("authorizer %s answered %s", authorizer.get("name"), answer)
        raise refusals.AuthorizerConfigurationError()
    ttl = authorizer.get("authorizerResultTtlInSeconds")
    answers[key] = (time.monotonic() + (DEFAULT_TTL_SECONDS if ttl is None else int(ttl)), answer)
    return answer


def decide(policy: dict, method_arn: str) -> None:
    """Refuses what the policy denies or does not allow."""
    effects = set()
    for statement in policy["Statement"]:
        if statement.keys() != {"Action", "Effect", "Resource"}:
            raise refusals.AuthorizerConfigurationError()
        if covers(statement["Action"], "execute-api:Invoke") and covers(statement["Resource"], method_arn):
            effects.add(statement["Effect"])
    if "Deny" in effects:
        raise refusals.AccessDeniedError(
            "User is not authorized to access this resource with an explicit deny"
        )
    if "Allow" not in effects:
        raise refusals.AccessDeniedError("User is not authorized to access this resource")


def covers(patterns: str | list[str], value: str) -> bool:
    """Whether one of the patterns, in which * stands for anything and ? for one character, fits the value."""
    patterns = [patterns] if isinstance(patterns, str) else patterns
    expressions = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in patterns)
    return any(re.fullmatch(expression, value, re.DOTALL) for expression in expressions)


def as_text(value) -> str:
    """A value of the context as AWS passes it on."""
    if isinstance(value, (dict, list)):
        raise refusals.AuthorizerConfigurationError()
    return json.dumps(value) if isinstance(value, bool) else str(value)


def refuse(self, exception, context) -> Response:
    """The configured answer for a refusal: its status, headers and template, of which LocalStack takes the status."""
    kind = exception.type
    configured = refusals.get_gateway_response_or_default(kind, context.deployment.rest_api.gateway_responses)
    variables = context.context_variables

    def value(match) -> str:
        found = variables
        for name in match[1].split("."):
            found = (found or {}).get(name)
        return "" if found is None else str(found)

    template = (configured.get("responseTemplates") or {}).get("application/json")
    body = (
        re.sub(r"\$context\.([A-Za-z.]+)", value, template)
        if template
        else self._build_response_content(exception)
    )
    headers = self._build_response_headers(exception)
    for name, text in (configured.get("responseParameters") or {}).items():
        headers[name.removeprefix("gatewayresponse.header.")] = text.strip("'")
    return Response(
        body, status=configured.get("statusCode") or exception.status_code or 500, headers=headers
    )


def mend() -> None:
    """Applies the patches."""
    # Every call passes here once its method is known, and before the function is called.
    handlers.preprocess_request.append(authorize)
    GatewayExceptionHandler.create_exception_response = refuse

    # The gateway's own answers, and the roles that it invokes with, are left out when an API is made from its document.
    import_api = provider.import_api_from_openapi_spec

    def import_whole(rest_api, context, request):
        content = request["body"].read()
        request["body"] = io.BytesIO(content)
        document = yaml.safe_load(content)
        container = provider.get_apigateway_store(context=context).rest_apis[rest_api.id]
        for kind, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
            container.gateway_responses[kind] = {"responseType": kind, **response}
        imported = import_api(rest_api, context=context, request=request)
        for resource in rest_api.resources.values():
            for name, method in resource.resource_methods.items():
                integration = document["paths"][resource.get_path()][name.lower()]["x-amazon-apigateway-integration"]
                method.method_integration.credentials = integration.get("credentials")
        return imported

    provider.import_api_from_openapi_spec = import_whole
