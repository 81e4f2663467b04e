"""Dashboards, which LocalStack's CloudWatch has, while its CloudFormation only says that it made them."""

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)


class DashboardProvider(ResourceProvider):
    """Makes and deletes them."""

    TYPE = "AWS::CloudWatch::Dashboard"
    SCHEMA = {"typeName": TYPE, "primaryIdentifier": ["/properties/DashboardName"]}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Makes one."""
        model = request.desired_state
        model.setdefault(
            "DashboardName", generate_default_name(request.stack_name, request.logical_resource_id)
        )
        request.aws_client_factory.cloudwatch.put_dashboard(
            DashboardName=model["DashboardName"], DashboardBody=model["DashboardBody"]
        )
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Deletes it."""
        model = request.desired_state
        request.aws_client_factory.cloudwatch.delete_dashboards(DashboardNames=[model["DashboardName"]])
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)


class DashboardPlugin(CloudFormationResourceProviderPlugin):
    """What names the provider."""

    name = DashboardProvider.TYPE

    def load(self) -> None:
        """Hands it over."""
        self.factory = DashboardProvider
