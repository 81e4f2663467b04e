//! Queues: what Lambda sends of one, what it is told of that, and how messages get into one.

use crate::invocation::Invocation;
use crate::sdk;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use scrip_refusal::Failure;
use serde::{Deserialize, Serialize};

/// How many messages SQS takes at once.
pub const MESSAGES_AT_ONCE_MAX: usize = 10;

/// What Lambda sends of a queue, as far as it counts here.
#[derive(Debug, Deserialize)]
pub struct QueueEvent {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What a [`Report`] names it by.
    pub message_id: String,
    /// What it says.
    pub body: String,
}

/// Which of a batch failed, as Lambda reads it: a stream sends the first of them and all after it again, a queue just
/// those.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl Report {
    /// A report that names these.
    pub fn of<'a>(failed: impl IntoIterator<Item = &'a str>) -> Self {
        let failed = failed.into_iter().map(|id| ItemFailure { item_identifier: id.to_owned() });
        Self { batch_item_failures: failed.collect() }
    }
}

impl Invocation {
    /// Sends messages to the queue that this variable names; for each, whether it is certain to be there.
    pub async fn send(&self, queue: &str, bodies: &[String]) -> Vec<Result<(), Failure>> {
        let mut sent = Vec::with_capacity(bodies.len());
        for bodies in bodies.chunks(MESSAGES_AT_ONCE_MAX) {
            match self.send_at_once(queue, bodies).await {
                Ok(each) => sent.extend(each),
                Err(failure) => sent.extend(bodies.iter().map(|_| Err(failure.clone()))),
            }
        }
        sent
    }

    async fn send_at_once(
        &self,
        queue: &str,
        bodies: &[String],
    ) -> Result<Vec<Result<(), Failure>>, Failure> {
        let url = self.world.environment.get(queue)?;
        let client = self.world.keep(|| Ok(sdk::sqs(&self.world.aws)))?;
        let entries = bodies.iter().enumerate().map(|(index, body)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
            entry.build().map_err(Failure::broken)
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let request = client.send_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = async { request.send().await.map_err(|error| sdk::failure("SQS", &error)) };
        let answer = self.context.deadline.attempt(answer).await?;
        let mut sent: Vec<Result<(), Failure>> = bodies.iter().map(|_| Ok(())).collect();
        for entry in answer.failed() {
            let failed = entry.id().parse::<usize>().ok().and_then(|index| sent.get_mut(index));
            let failed =
                failed.ok_or_else(|| Failure::broken("SQS tells of a message that it was not sent"))?;
            let text = format!("{}: {}", entry.code(), entry.message().unwrap_or_default());
            *failed = Err(if entry.sender_fault() { Failure::Broken(text) } else { Failure::Busy(text) });
        }
        Ok(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_names_what_lambda_reads() {
        let told = |failed: &[&str]| serde_json::to_value(Report::of(failed.iter().copied())).unwrap();
        assert_eq!(told(&["111"]), json!({"batchItemFailures": [{"itemIdentifier": "111"}]}));
        assert_eq!(told(&[]), json!({"batchItemFailures": []}));
    }

    #[test]
    fn messages_are_read_as_lambda_sends_them() {
        let record = json!({ "messageId": "m1", "body": "b", "eventSource": "aws:sqs", "attributes": {} });
        let event: QueueEvent = serde_json::from_value(json!({ "Records": [record] })).unwrap();
        let message = &event.records[0];
        assert_eq!((message.message_id.as_str(), message.body.as_str()), ("m1", "b"));
    }
}
