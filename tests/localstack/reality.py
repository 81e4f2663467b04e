"""Asks each service for what the stack says it made: an emulator reports success for what it does not know, too."""

import json
import time
from collections.abc import Callable

import template
from deployment import LOG_RETENTION_DAYS, Deployment
from emulator import Failure

SETTLE_SECONDS = 60


class Unreal(Exception):
    """What is otherwise than the template says."""


class Reality:
    """The resources of a stack and of those nested in it, and the templates that they were made of."""

    def __init__(self, stack: Deployment):
        self.stack, self.ids = stack, stack.ids
        documents = template.read().values()
        self.declared: dict[str, dict] = {}
        self.globals: dict[str, dict] = {}
        for document in documents:
            common = document.get("Globals", {}).get("Function", {})
            for name, resource in document["Resources"].items():
                if name in self.declared:
                    raise Failure(f"{name} stands in two templates")
                if template.holds(document, resource.get("Condition"), stack.parameters):
                    self.declared[name], self.globals[name] = resource, common
        self.routes = template.routes(self.declared)
        self.clients: dict = {}

    def client(self, service: str):
        """A client of a service, made once."""
        if service not in self.clients:
            self.clients[service] = self.stack.account.client(service)
        return self.clients[service]

    def properties(self, name: str) -> dict:
        """What the template declares of a resource; nothing of those that SAM adds."""
        return self.declared.get(name, {}).get("Properties", {})

    def function_arn(self, name: str) -> str:
        """The ARN of a function of the templates."""
        return self.client("lambda").get_function_configuration(FunctionName=self.ids[name])["FunctionArn"]

    def invokers(self) -> dict[str, list[str]]:
        """What each of our own roles that API Gateway may assume allows to invoke, by the roles' ARNs."""
        iam, allowed = self.client("iam"), {}
        for name, resource in self.declared.items():
            for policy in resource.get("Properties", {}).get("Policies", []):
                if resource["Type"] == "AWS::IAM::Role":
                    role = iam.get_role(RoleName=self.ids[name])["Role"]
                    document = iam.get_role_policy(RoleName=self.ids[name], PolicyName=policy["PolicyName"])
                    statements = document["PolicyDocument"]["Statement"]
                    allowed[role["Arn"]] = [arn for each in statements for arn in each["Resource"]]
        return allowed

    def faults(self) -> list[str]:
        """What is not there."""
        missing = self.declared.keys() - self.ids.keys()
        faults = [f"{name} is in the template and not in the stack" for name in sorted(missing)]
        for resource in self.stack.resources:
            name, kind = resource["LogicalResourceId"], resource["ResourceType"]
            id = resource.get("PhysicalResourceId")
            try:
                if id in (None, "", "unknown"):
                    raise Unreal(f"has the physical id {id!r}")
                if kind not in CHECKS:
                    raise Unreal("is of a type that reality.py can't check")
                CHECKS[kind](self, name, id)
            except Unreal as why:
                faults.append(f"{name} ({kind}) {why}")
            except Exception as error:
                faults.append(f"{name} ({kind}) was not found as {id}: {error}")
        return faults


def check(stack: Deployment) -> int:
    """Fails unless every resource is there; returns how many these are."""
    if faults := Reality(stack).faults():
        raise Failure(
            "\n  ".join([f"{len(faults)} resources of {stack.name} are not what the template says:", *faults])
        )
    return len(stack.resources)


def expect(what: str, found, wanted) -> None:
    """Compares."""
    if found != wanted:
        raise Unreal(f"has {what} {found!r} where the template has {wanted!r}")


def table(real: Reality, name: str, id: str) -> None:
    """Keys, indexes, stream, expiry, recovery, protection."""
    dynamodb, declared = real.client("dynamodb"), real.properties(name)
    found = dynamodb.describe_table(TableName=id)["Table"]
    expect("status", found["TableStatus"], "ACTIVE")
    expect("keys", found["KeySchema"], declared["KeySchema"])
    indexes = lambda table: sorted(
        (index["IndexName"], str(index["KeySchema"]), index["Projection"]["ProjectionType"])
        for index in table.get("GlobalSecondaryIndexes", [])
    )
    expect("indexes", indexes(found), indexes(declared))
    stream = lambda table: table.get("StreamSpecification", {}).get("StreamViewType")
    expect("stream", stream(found), stream(declared))
    if stream(declared):
        arn = found["LatestStreamArn"]
        status = real.client("dynamodbstreams").describe_stream(StreamArn=arn)["StreamDescription"][
            "StreamStatus"
        ]
        expect("stream", status, "ENABLED")
    expiry = dynamodb.describe_time_to_live(TableName=id)["TimeToLiveDescription"]
    expect("expiry", expiry.get("AttributeName"), declared["TimeToLiveSpecification"]["AttributeName"])
    backups = dynamodb.describe_continuous_backups(TableName=id)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    expect(
        "recovery",
        recovery == "ENABLED",
        declared["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
    )
    expect("encryption", found.get("SSEDescription", {}).get("Status"), "ENABLED")


def function(real: Reality, name: str, id: str) -> None:
    """Handler, limits, the names of its variables, where it logs."""
    declared, common = real.properties(name), real.globals[name]
    found = real.client("lambda").get_function_configuration(FunctionName=id)
    expect("state", found["State"], "Active")
    expect("handler", found["Handler"], declared["Handler"])
    for limit in ("Timeout", "MemorySize"):
        expect(limit, found[limit], declared.get(limit, common[limit]))
    names = lambda part: part.get("Environment", {}).get("Variables", {}).keys()
    expect("variables", sorted(names(found)), sorted(names(common) | names(declared)))
    expect("log group", found["LoggingConfig"]["LogGroup"], real.ids["FunctionLogs"])


def mapping(real: Reality, name: str, id: str) -> None:
    """An event source mapping: that it is on, and how it treats batches and failures."""
    owner, event = next(
        (function, event["Properties"])
        for function, resource in real.declared.items()
        for key, event in resource["Properties"].get("Events", {}).items()
        if function + key == name
    )
    deadline = time.monotonic() + SETTLE_SECONDS
    while (found := real.client("lambda").get_event_source_mapping(UUID=id))["State"] != "Enabled":
        if time.monotonic() > deadline:
            raise Unreal(f"has the state {found['State']}")
        time.sleep(0.2)
    expect("function", found["FunctionArn"].rpartition(":")[2], real.ids[owner])
    for key in ("BatchSize", "FunctionResponseTypes", "BisectBatchOnFunctionError", "MaximumRetryAttempts"):
        if key in event:
            expect(key, found.get(key), event[key])
    patterns = lambda part: [
        json.loads(each["Pattern"]) for each in part.get("FilterCriteria", {}).get("Filters", [])
    ]
    expect("filters", patterns(found), patterns(event))
    if failures := event.get("DestinationConfig"):
        queue = failures["OnFailure"]["Destination"]["GetAtt"].removesuffix(".Arn")
        destination = found["DestinationConfig"]["OnFailure"]["Destination"]
        expect("destination", destination.rpartition(":")[2], real.ids[queue].rpartition("/")[2])


def queue(real: Reality, name: str, id: str) -> None:
    """How long messages stay and are hidden, and where the bad ones go."""
    declared = real.properties(name)
    found = real.client("sqs").get_queue_attributes(QueueUrl=id, AttributeNames=["All"])["Attributes"]
    for key in ("MessageRetentionPeriod", "VisibilityTimeout"):
        if key in declared:
            expect(key, int(found[key]), declared[key])
    if redrive := declared.get("RedrivePolicy"):
        policy = json.loads(found["RedrivePolicy"])
        expect("receives", int(policy["maxReceiveCount"]), redrive["maxReceiveCount"])
        dead = redrive["deadLetterTargetArn"]["GetAtt"].removesuffix(".Arn")
        expect(
            "dead letters",
            policy["deadLetterTargetArn"].rpartition(":")[2],
            real.ids[dead].rpartition("/")[2],
        )


def machine(real: Reality, name: str, id: str) -> None:
    """Its type, and the definition to the last state."""
    declared = real.properties(name)
    found = real.client("stepfunctions").describe_state_machine(stateMachineArn=id)
    expect("type", found["type"], declared["Type"])
    expect("status", found["status"], "ACTIVE")
    text = (template.MACHINES / declared["DefinitionUri"].rpartition("/")[2]).read_text()
    for key, value in declared["DefinitionSubstitutions"].items():
        owner = value["GetAtt"].removesuffix(".Arn")
        text = text.replace(f"${{{key}}}", real.function_arn(owner))
    expect("definition", json.loads(found["definition"]), json.loads(text))


def api(real: Reality, name: str, id: str) -> None:
    """Every route with its authorizer, and what the gateway answers by itself."""
    gateway = real.client("apigateway")
    pages = gateway.get_paginator("get_resources").paginate(restApiId=id, embed=["methods"])
    methods = {
        (method, resource["path"]): definition
        for page in pages
        for resource in page["items"]
        for method, definition in resource.get("resourceMethods", {}).items()
    }
    expect("routes", sorted(methods), sorted(real.routes))
    authorizers = {each["id"]: each["type"] for each in gateway.get_authorizers(restApiId=id)["items"]}
    invokers = real.invokers()
    for route, method in methods.items():
        function, asked = real.routes[route]
        kind = (method["authorizationType"], authorizers.get(method.get("authorizerId")))
        expect(f"authorizer of {route}", kind, ("CUSTOM", "REQUEST") if asked else ("NONE", None))
        integration = method["methodIntegration"]
        expect(f"integration of {route}", integration["type"], "AWS_PROXY")
        arn = real.function_arn(function)
        expect(f"function of {route}", f"/functions/{arn}/invocations" in integration["uri"], True)
        allowed = invokers.get(integration.get("credentials", ""), [])
        expect(f"right to invoke the function of {route}", arn in allowed, True)
    responses = {
        each["responseType"]: each for each in gateway.get_gateway_responses(restApiId=id, limit=500)["items"]
    }
    for kind, wanted in real.properties(name)["GatewayResponses"].items():
        expect(f"status of {kind}", responses[kind]["statusCode"], wanted["StatusCode"])
        expect(f"body of {kind}", responses[kind]["responseTemplates"], wanted["ResponseTemplates"])


def stage(real: Reality, name: str, id: str) -> None:
    """The stage, and that it serves a deployment."""
    found = real.client("apigateway").get_stage(restApiId=real.ids["Api"], stageName=id)
    expect("deployment", found["deploymentId"] in real.ids.values(), True)


def log_group(real: Reality, name: str, id: str) -> None:
    """How long lines are kept."""
    groups = real.client("logs").describe_log_groups(logGroupNamePrefix=id)["logGroups"]
    found = next(group for group in groups if group["logGroupName"] == id)
    expect("retention", found["retentionInDays"], LOG_RETENTION_DAYS)


def alarm(real: Reality, name: str, id: str) -> None:
    """What it compares with what."""
    declared = real.properties(name)
    found = real.client("cloudwatch").describe_alarms(AlarmNames=[id])["MetricAlarms"][0]
    for key in ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "EvaluationPeriods"):
        if key in declared:
            expect(key, found.get(key), declared[key])
    if "Threshold" in declared:
        expect("threshold", found["Threshold"], float(declared["Threshold"]))


def dashboard(real: Reality, name: str, id: str) -> None:
    """That it is JSON with something to look at."""
    body = json.loads(real.client("cloudwatch").get_dashboard(DashboardName=id)["DashboardBody"])
    expect("widgets", bool(body["widgets"]), True)


def permission(real: Reality, name: str, id: str) -> None:
    """That API Gateway may call the authorizer, or EventBridge a scheduled function, after which SAM names it."""
    for owner, key, _ in schedules(real):
        if name == f"{owner}{key}Permission":
            policy = json.loads(real.client("lambda").get_policy(FunctionName=real.ids[owner])["Policy"])
            callers = [statement["Principal"].get("Service") for statement in policy["Statement"]]
            expect("callers", "events.amazonaws.com" in callers, True)
            return
    (function,) = (
        authorizer["FunctionArn"]["GetAtt"].rpartition(".")[2].removesuffix("Arn")
        for gateway, resource in real.declared.items()
        for key, authorizer in resource["Properties"].get("Auth", {}).get("Authorizers", {}).items()
        if name == f"{gateway}{key}AuthorizerPermission"
    )
    policy = json.loads(real.client("lambda").get_policy(FunctionName=real.ids[function])["Policy"])
    callers = [statement["Principal"].get("Service") for statement in policy["Statement"]]
    expect("callers", "apigateway.amazonaws.com" in callers, True)


def schedules(real: Reality) -> list[tuple[str, str, dict]]:
    """The functions that the time invokes, with the names and properties of these events."""
    return [
        (function, key, event["Properties"])
        for function, resource in real.declared.items()
        for key, event in resource.get("Properties", {}).get("Events", {}).items()
        if event["Type"] == "Schedule"
    ]


def rule(real: Reality, name: str, id: str) -> None:
    """How often a rule fires, for whom, and with what."""
    owner, event = next((owner, event) for owner, key, event in schedules(real) if name == f"{owner}{key}")
    found = real.client("events").describe_rule(Name=id)
    expect("state", found["State"], "ENABLED")
    expect("schedule", found["ScheduleExpression"], event["Schedule"])
    (target,) = real.client("events").list_targets_by_rule(Rule=id)["Targets"]
    expect("target", target["Arn"], real.function_arn(owner))
    expect("input", json.loads(target["Input"]), json.loads(event["Input"]))


def nested(real: Reality, name: str, id: str) -> None:
    """That the stack was made whole."""
    (found,) = real.client("cloudformation").describe_stacks(StackName=id)["Stacks"]
    expect("status", found["StackStatus"], "CREATE_COMPLETE")


Check = Callable[[Reality, str, str], object]

CHECKS: dict[str, Check] = {
    template.STACK: nested,
    "AWS::DynamoDB::Table": table,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Lambda::Permission": permission,
    "AWS::Events::Rule": rule,
    "AWS::SQS::Queue": queue,
    "AWS::StepFunctions::StateMachine": machine,
    "AWS::ApiGateway::RestApi": api,
    "AWS::ApiGateway::Stage": stage,
    "AWS::ApiGateway::Deployment": lambda real, _, id: real.client("apigateway").get_deployment(
        restApiId=real.ids["Api"], deploymentId=id
    ),
    "AWS::SecretsManager::Secret": lambda real, _, id: real.client("secretsmanager").describe_secret(
        SecretId=id
    ),
    "AWS::IAM::Role": lambda real, _, id: real.client("iam").get_role(RoleName=id),
    "AWS::Logs::LogGroup": log_group,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::Dashboard": dashboard,
    # It is one for an account and region, and has no id of its own; a stack may well leave the one that is there.
    "AWS::ApiGateway::Account": lambda real, _, id: real.client("apigateway").get_account(),
}
