"""CloudFormation, which says of properties that it passes over that they are set."""

from localstack.services.cloudformation.resource_provider import OperationStatus, ResourceProviderExecutor
from localstack.services.dynamodb.resource_providers.aws_dynamodb_table import DynamoDBTableProvider
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider
from localstack import config

POLL_SECONDS = 0.05


def mend() -> None:
    """Applies the patches."""
    # It waits 5 s before it looks whether a function is ready, for each function of a stack.
    ResourceProviderExecutor.deploy_loop.__defaults__ = (config.CFN_PER_RESOURCE_TIMEOUT, POLL_SECONDS)

    # These are left out when a table or a log group is made.
    then(DynamoDBTableProvider, set_recovery)
    then(LogsLogGroupProvider, set_retention)


def then(provider: type, more) -> None:
    """Has `more` done once a resource is made."""
    make = provider.create

    def create(self, request):
        event = make(self, request)
        if event.status == OperationStatus.SUCCESS:
            more(request.aws_client_factory, request.desired_state)
        return event

    provider.create = create


def set_recovery(clients, table: dict) -> None:
    """Recovery to a point in time."""
    if recovery := table.get("PointInTimeRecoverySpecification"):
        enabled = str(recovery["PointInTimeRecoveryEnabled"]).lower() == "true"
        clients.dynamodb.update_continuous_backups(
            TableName=table["TableName"],
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
        )


def set_retention(clients, group: dict) -> None:
    """How long lines are kept."""
    if days := group.get("RetentionInDays"):
        clients.logs.put_retention_policy(logGroupName=group["LogGroupName"], retentionInDays=int(days))
