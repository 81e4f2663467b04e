//! What is told of queues: `GetQueueUrl`, `GetQueueAttributes`, `ListQueues`.

use super::fault::{Fault, Shape};
use super::{Answer, queue, required};
use crate::queues::Queues;
use crate::spec::{QueueSpec, arn};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MILLISECONDS: i64 = 1_000;
/// Names that SQS knows and that say nothing of a local queue.
const ABSENT: [&str; 5] =
    ["Policy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "FifoQueue"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetUrl {
    queue_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAttributes {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    queue_name_prefix: Option<String>,
}

pub(super) fn url(queues: &Queues, request: &GetUrl) -> Answer {
    let name = required(request.queue_name.as_deref(), "QueueName")?;
    let url = queues.url(name).ok_or_else(Fault::no_such_queue)?;
    Ok(json!({ "QueueUrl": url }))
}

pub(super) fn list(queues: &Queues, request: &List) -> Value {
    let prefix = request.queue_name_prefix.as_deref().unwrap_or_default();
    let urls: Vec<_> = queues
        .specs()
        .keys()
        .filter(|name| name.starts_with(prefix))
        .filter_map(|name| queues.url(name))
        .collect();
    if urls.is_empty() { json!({}) } else { json!({ "QueueUrls": urls }) }
}

pub(super) fn attributes(queues: &Queues, request: &GetAttributes) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    let all = known(queues, queue)?;
    let asked = &request.attribute_names;
    let is_known = |name: &str| name == "All" || all.contains_key(name) || ABSENT.contains(&name);
    if let Some(unknown) = asked.iter().find(|name| *name != "RedrivePolicy" && !is_known(name)) {
        return Err(Fault::new(Shape::InvalidAttributeName, format!("Unknown Attribute {unknown}.")));
    }
    let selected: BTreeMap<_, _> = all
        .into_iter()
        .filter(|(name, _)| asked.iter().any(|asked| asked == "All" || asked == name))
        .collect();
    Ok(if selected.is_empty() { json!({}) } else { json!({ "Attributes": selected }) })
}

fn known(queues: &Queues, queue: &QueueSpec) -> Result<BTreeMap<&'static str, String>, Fault> {
    let (counts, (created, modified)) = {
        let (store, now) = queues.store();
        (store.counts(queue, now)?, store.declared(queue)?)
    };
    let mut known = BTreeMap::from([
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("CreatedTimestamp", (created / MILLISECONDS).to_string()),
        ("DelaySeconds", queue.delay_seconds.to_string()),
        ("LastModifiedTimestamp", (modified / MILLISECONDS).to_string()),
        ("MaximumMessageSize", queue.maximum_message_size.to_string()),
        ("MessageRetentionPeriod", queue.message_retention_seconds.to_string()),
        ("QueueArn", queue.arn()),
        ("ReceiveMessageWaitTimeSeconds", "0".to_owned()),
        ("SqsManagedSseEnabled", "false".to_owned()),
        ("VisibilityTimeout", queue.visibility_timeout_seconds.to_string()),
    ]);
    if let Some(redrive) = &queue.redrive {
        let policy = json!({
            "deadLetterTargetArn": arn(&redrive.dead_letter_queue),
            "maxReceiveCount": redrive.max_receive_count,
        });
        known.insert("RedrivePolicy", policy.to_string());
    }
    Ok(known)
}
