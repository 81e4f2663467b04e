"""DynamoDB and its streams on the engine at SCRIP_DYNAMODB_ENDPOINT, instead of DynamoDB Local, which needs Java."""

import os
import re
import threading

from localstack.aws.forwarder import AwsRequestProxy
from localstack.services.dynamodb import utils
from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.dynamodb.v2.provider import DynamoDBProvider
from localstack.services.dynamodbstreams.v2.provider import DynamoDBStreamsProvider
from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller

# What GetRecords answers at most.
PAGE_RECORDS = 1_000


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

    # A mapping reads as many records as go into one batch, filters them, and rests: thus a stream whose records are
    # mostly filtered out falls behind. Lambda reads on; so does this, until there is nothing more or a page is full.
    read = DynamoDBPoller.get_records

    def get_records(self, shard_iterator: str) -> dict:
        records = []
        while True:
            page = read(self, shard_iterator)
            records += page["Records"]
            if not page["Records"] or len(records) >= PAGE_RECORDS:
                return {**page, "Records": records}
            shard_iterator = page["NextShardIterator"]

    DynamoDBPoller.get_records = get_records
