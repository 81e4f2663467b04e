//! The event that Lambda makes of a batch.
//!
//! Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".

use crate::attributes::Attribute;
use crate::digest;
use crate::spec::{ACCOUNT, QueueSpec, REGION};
use crate::store::Message;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(crate) fn of_batch(queue: &QueueSpec, messages: &[Message]) -> Value {
    json!({ "Records": messages.iter().map(|message| record(queue, message)).collect::<Vec<_>>() })
}

/// What SQS itself tells of a message; times are milliseconds of the epoch, in text.
pub(crate) fn system_attributes(message: &Message) -> BTreeMap<String, String> {
    let mut attributes = message.system_attributes.clone();
    attributes.insert("ApproximateReceiveCount".to_owned(), message.receives.to_string());
    attributes.insert("SentTimestamp".to_owned(), message.sent.to_string());
    attributes.insert("SenderId".to_owned(), ACCOUNT.to_owned());
    attributes.insert("ApproximateFirstReceiveTimestamp".to_owned(), message.first_received.to_string());
    attributes
}

fn record(queue: &QueueSpec, message: &Message) -> Value {
    let message_attributes: Map<String, Value> =
        message.attributes.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect();
    let mut record = json!({
        "messageId": message.id,
        "receiptHandle": message.receipt.handle(),
        "body": message.body,
        "attributes": system_attributes(message),
        "messageAttributes": message_attributes,
        "md5OfBody": digest::of_body(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn(),
        "awsRegion": REGION,
    });
    if let Some(digest) = digest::of_attributes(&message.attributes) {
        record["md5OfMessageAttributes"] = json!(digest);
    }
    record
}

fn value(attribute: &Attribute) -> Value {
    let mut value =
        json!({ "dataType": attribute.data_type, "stringListValues": [], "binaryListValues": [] });
    if let Some(blob) = attribute.binary_value.as_ref().filter(|_| attribute.is_binary()) {
        value["binaryValue"] = json!(blob.base64());
    } else {
        value["stringValue"] = json!(attribute.string_value);
    }
    value
}
