"""DynamoDB and its streams on the engine at SCRIP_DYNAMODB_ENDPOINT, instead of DynamoDB Local, which needs Java."""

import json
import os
import re
import threading
import urllib.request
from datetime import datetime, timezone

from localstack.aws.forwarder import AwsRequestProxy
from localstack.services.dynamodb import utils
from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.dynamodb.v2.provider import DynamoDBProvider
from localstack.services.dynamodbstreams.v2.provider import DynamoDBStreamsProvider
from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller

# What GetRecords answers at most.
PAGE_RECORDS = 1_000
ANSWER_SECONDS = 60
# Whatever proxy there is knows nothing of this machine.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def mend() -> None:
    """Applies the patches."""
    endpoint = os.environ["SCRIP_DYNAMODB_ENDPOINT"]

    def init(self, *_, **__) -> None:
        self.db_path, self.proxy = None, AwsRequestProxy(endpoint)
        self._started = self._stopped = threading.Event()

    # The engine runs before LocalStack does, and outlives it.
    DynamodbServer.__init__ = init
    DynamodbServer.url = property(lambda self: endpoint)
    DynamodbServer.start_dynamodb = lambda self: True
    DynamodbServer.stop_dynamodb = lambda self: None

    # In ARNs the engine writes "dynoxide" where DynamoDB Local writes "ddblocal"; both stand for the region.
    for name in ("_ddb_local_arn_pattern", "_ddb_local_exception_arn_pattern"):
        pattern = getattr(utils, name).pattern.replace("ddblocal", "dynoxide")
        setattr(utils, name, re.compile(pattern))
    fix_arn = DynamoDBProvider.fix_table_arn

    def fix_table_arn(self, account_id: str, region_name: str, arn: str) -> str:
        return fix_arn(self, account_id, region_name, arn.replace(":dynoxide:", ":ddblocal:"))

    DynamoDBProvider.fix_table_arn = fix_table_arn

    # The engine takes the table's name out of a stream's ARN, and its shard iterators are no ARNs.
    DynamoDBStreamsProvider.modify_stream_arn_for_ddb_local = lambda self, arn: arn

    DynamoDBPoller.get_records = get_records


def get_records(self, shard_iterator: str) -> dict:
    """What a mapping reads of a stream.

    LocalStack reads as many records as go into one batch, filters them, and rests: thus a stream whose records are
    mostly filtered out falls behind. Lambda reads on; so does this, until there is nothing more or a page is full. The
    engine is asked directly, since each of LocalStack's clients in between would read every record once more.
    """
    records: list[dict] = []
    while True:
        page = page_at(shard_iterator)
        records += page["Records"]
        is_last = not page["Records"] or "NextShardIterator" not in page
        if is_last or len(records) >= PAGE_RECORDS:
            return {**page, "Records": records}
        shard_iterator = page["NextShardIterator"]


def page_at(shard_iterator: str) -> dict:
    """What the engine answers, with times as a client reads them."""
    request = urllib.request.Request(
        os.environ["SCRIP_DYNAMODB_ENDPOINT"],
        json.dumps({"ShardIterator": shard_iterator, "Limit": PAGE_RECORDS}).encode(),
        {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDBStreams_20120810.GetRecords",
        },
    )
    with DIRECTLY.open(request, timeout=ANSWER_SECONDS) as answer:
        page = json.load(answer)
    for record in page["Records"]:
        change = record["dynamodb"]
        change["ApproximateCreationDateTime"] = datetime.fromtimestamp(
            change["ApproximateCreationDateTime"], timezone.utc
        )
    return page
