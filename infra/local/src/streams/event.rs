//! What a function is sent of a stream, and what a queue is told of a batch that is given up.

use crate::functions::InvocationError;
use crate::store::Record;
use scrip_clock::Timestamp;
use serde_json::{Value, json};

/// Where records come from and go to.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) stream_arn: String,
    pub(super) function_arn: String,
}

/// Records that go to a function together, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Batch(Vec<Record>);

impl Batch {
    pub(super) fn of(source: &Source, records: impl Iterator<Item = Record>) -> Self {
        let records = records.map(|mut record| {
            record.body["eventSourceARN"] = json!(source.stream_arn);
            record
        });
        Self(records.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of the oldest record.
    pub(super) fn first(&self) -> Option<i64> {
        self.0.first().map(|record| record.sequence)
    }

    pub(super) fn event(&self) -> Value {
        json!({ "Records": self.0.iter().map(|record| &record.body).collect::<Vec<_>>() })
    }

    /// The numbers of the records, inside and as they are told outside.
    pub(super) fn sequences(&self) -> impl Iterator<Item = (i64, &str)> {
        self.0.iter().map(|record| (record.sequence, sequence(record)))
    }

    /// What the queue for failures is told: where the records are, not what they hold.
    pub(super) fn given_up(
        &self,
        source: &Source,
        attempts: u32,
        why: &InvocationError,
        now: Timestamp,
    ) -> Value {
        let edge = |record: Option<&Record>| {
            let body = record.map(|record| &record.body["dynamodb"]);
            let at = body.and_then(|body| body["ApproximateCreationDateTime"].as_i64()).unwrap_or_default();
            (
                record.map(sequence).unwrap_or_default().to_owned(),
                Timestamp::from_second(at).unwrap_or_default(),
            )
        };
        let first = edge(self.0.first());
        let last = edge(self.0.last());
        json!({
            "requestContext": {
                "requestId": crate::aws::request_id(),
                "functionArn": source.function_arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": why.error_type,
            },
            "version": "1.0",
            "timestamp": now.to_string(),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001",
                "startSequenceNumber": first.0,
                "endSequenceNumber": last.0,
                "approximateArrivalOfFirstRecord": first.1.to_string(),
                "approximateArrivalOfLastRecord": last.1.to_string(),
                "batchSize": self.0.len(),
                "streamArn": source.stream_arn,
            },
        })
    }
}

fn sequence(record: &Record) -> &str {
    record.body["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}
