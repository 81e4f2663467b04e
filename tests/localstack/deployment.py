"""Puts the template on an account, as `sam deploy` would, and takes it away."""

import base64
import io
import json
import platform
import re
import sys
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import boto3
import template
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from emulator import Failure

ISSUER, AUDIENCE, KEY_ID = "https://issuer.scrip.test/", "scrip", "suite"
LOG_RETENTION_DAYS = 1
DEPLOY_SECONDS = 900


class Account:
    """Where it is put: an endpoint that emulates AWS, or AWS itself."""

    def __init__(self, endpoint: str | None, region: str, keys: tuple[str, str] | None):
        self.endpoint, self.region = endpoint, region
        access, secret = keys or (None, None)
        self.session = boto3.Session(access, secret, region_name=region)

    def variables(self) -> dict[str, str]:
        """What reaches it from another program."""
        keys = self.session.get_credentials()
        variables = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        return (
            variables
            | ({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})
            | {"AWS_REGION": self.region}
        )

    def client(self, service: str):
        """A client of a service."""
        config = Config(retries={"mode": "standard"})
        if self.endpoint:
            # Whatever proxy there is knows nothing of this machine, and neither do names of buckets.
            config = config.merge(Config(proxies={}, s3={"addressing_style": "path"}))
        return self.session.client(service, endpoint_url=self.endpoint, config=config)


@dataclass
class Deployment:
    """A stack that is there, with the resources of those nested in it."""

    account: Account
    name: str
    parameters: dict[str, str]
    resources: list[dict]
    outputs: dict[str, str]

    @property
    def api(self) -> str:
        """What the API's URLs begin with."""
        if self.account.endpoint is None:
            return self.outputs["ApiUrl"]
        return f"{self.account.endpoint}/_aws/execute-api/{self.ids['Api']}/v1"

    @property
    def ids(self) -> dict[str, str]:
        """Physical ids by logical ones."""
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in self.resources}


def deploy(account: Account, name: str, artifact: Path, key: dict) -> Deployment:
    """Creates the stack."""
    s3, formation = account.client("s3"), account.client("cloudformation")
    location = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": location} if location else {}))
    values = parameters(account, key)
    artifact_uri = uploaded(s3, name, "bootstrap.zip", packed(artifact))
    machines = {
        each.name: uploaded(s3, name, each.name, each.read_bytes())
        for each in template.MACHINES.glob("*.asl.json")
    }
    for path in template.read():
        text = re.sub(r"Uri: [./]+/target/lambda/bootstrap/", f"Uri: {artifact_uri}", path.read_text())
        text = re.sub(r"Uri: [./]+/statemachines/(.*)", lambda found: f"Uri: {machines[found[1]]}", text)
        text = re.sub(r"TemplateURL: (.*)", lambda found: f"TemplateURL: {url(s3, name, found[1])}", text)
        uploaded(s3, name, str(path.relative_to(template.FOLDER)), text.encode())
    formation.create_stack(
        StackName=name,
        TemplateURL=url(s3, name, "template.yaml"),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": each, "ParameterValue": value} for each, value in values.items()],
    )
    stack = until_settled(formation, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise Failure(f"the stack {name} is {stack['StackStatus']}: {first_failure(formation, name)}")
    resources = all_resources(formation, name)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return Deployment(account, name, values, resources, outputs)


def uploaded(s3, bucket: str, key: str, content: bytes) -> str:
    """Puts an object, and returns the URI that SAM takes."""
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    return f"s3://{bucket}/{key}"


def url(s3, bucket: str, key: str) -> str:
    """The URL of an object, which CloudFormation reads in our name."""
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def all_resources(formation, name: str) -> list[dict]:
    """The resources of a stack, and of those nested in it."""
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    nested = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == template.STACK]
    return resources + [resource for stack in nested for resource in all_resources(formation, stack)]


def parameters(account: Account, key: dict) -> dict[str, str]:
    """The stack's parameters. The issuer's only key is in the URL of its keys (RFC 2397)."""
    # An emulator tells of a role that is not there.
    has_role = account.endpoint is None and account.client("apigateway").get_account().get(
        "cloudwatchRoleArn"
    )
    keys = json.dumps({"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]})
    return {
        "Environment": "test",
        "TokenIssuer": ISSUER,
        "TokenAudience": AUDIENCE,
        "TokenJwksUrl": f"data:application/json;base64,{base64.b64encode(keys.encode()).decode()}",
        "DeletionProtection": "false",
        "SetApiLoggingRole": "false" if has_role else "true",
        "LogRetentionDays": str(LOG_RETENTION_DAYS),
        "WorkflowLogLevel": "ALL",
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    }


def packed(artifact: Path) -> bytes:
    """The artifact as Lambda takes it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, artifact.read_bytes())
    return content.getvalue()


def until_settled(formation, name: str) -> dict:
    """The stack once nothing is in progress."""
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        stack = formation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        if time.monotonic() > deadline:
            raise Failure(f"the stack {name} is {stack['StackStatus']} after {DEPLOY_SECONDS} s")
        time.sleep(0.2)


def first_failure(formation, name: str) -> str:
    """Why the stack is not there: in the nested stack that failed, if one did."""
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED"):
            nested = event.get("PhysicalResourceId")
            if event["ResourceType"] == template.STACK and nested not in (None, "", event["StackId"]):
                with suppress(ClientError):
                    return f"{event['LogicalResourceId']}: {first_failure(formation, nested)}"
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
    return "no event says why"


def remove(account: Account, name: str) -> None:
    """Takes the stack away, with what its template would keep, and the bucket; what is not there is passed over."""
    formation = account.client("cloudformation")
    try:
        resources = all_resources(formation, name)
    except ClientError:
        # It was never begun.
        resources = []
    if resources:
        delete_stack(formation, name)
    for resource in resources:
        if kept := KEPT.get(resource["ResourceType"]):
            service, delete = kept
            with suppress(ClientError):
                delete(account.client(service), resource["PhysicalResourceId"])
    s3 = account.client("s3")
    with suppress(ClientError):
        for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)


def delete_stack(formation, name: str) -> None:
    """Deletes a stack, once more if that fails, as AWS has it: what stood in its way may be gone by then."""
    for is_last in (False, True):
        formation.delete_stack(StackName=name)
        try:
            formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 5})
            return
        except WaiterError:
            print(f"{name} was not deleted: {first_failure(formation, name)}", file=sys.stderr, flush=True)
            if is_last:
                raise


# What the template keeps when the stack is deleted. The role that API Gateway logs with stays on a real account, too:
# it may be the account's only one, and other APIs log with it.
KEPT = {
    "AWS::DynamoDB::Table": ("dynamodb", lambda client, id: client.delete_table(TableName=id)),
    "AWS::SecretsManager::Secret": (
        "secretsmanager",
        lambda client, id: client.delete_secret(SecretId=id, ForceDeleteWithoutRecovery=True),
    ),
}
