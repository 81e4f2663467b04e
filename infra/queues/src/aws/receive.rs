//! `ReceiveMessage`.

use super::fault::{Fault, Shape};
use super::{Answer, bounded, parsed, queue};
use crate::attributes;
use crate::digest;
use crate::event;
use crate::queues::Queues;
use crate::spec::VISIBILITY_TIMEOUT_SECONDS;
use crate::store::{Message, Receive};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::time::Duration;

const MESSAGES: RangeInclusive<u32> = 1..=10;
const WAIT_SECONDS: RangeInclusive<u32> = 0..=20;
/// The most that one receive answers with, as SQS: any batch of messages fits in 1 MiB, or the first alone.
const BYTES_MAX: usize = 1_048_576;
/// The smallest wait, so that rounding to milliseconds never makes a receive look too early and again.
const LOOK_AGAIN_MINIMUM: Duration = Duration::from_millis(1);

const SYSTEM_ATTRIBUTES: [&str; 10] = [
    "All",
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    queue_url: Option<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

/// How long a receive is ready to wait, and for which queue.
pub(super) struct Patience {
    pub(super) queue: String,
    pub(super) wait: Duration,
}

/// `None` for a receive that is not ready to wait or is wrong, which its answer tells.
pub(super) fn patience(queues: &Queues, body: &[u8]) -> Option<Patience> {
    let request: ReceiveMessage = parsed(body).ok()?;
    let queue = queue(queues, request.queue_url.as_deref()).ok()?;
    let seconds = bounded(request.wait_time_seconds, "WaitTimeSeconds", WAIT_SECONDS, 0).ok()?;
    (seconds > 0)
        .then(|| Patience { queue: queue.name.clone(), wait: Duration::from_secs(u64::from(seconds)) })
}

/// How long it takes until the queue's next message becomes visible, unless the clock is advanced.
pub(super) fn next_visible_in(queues: &Queues, name: &str) -> Option<Duration> {
    let spec = queues.spec(name)?;
    let (store, now) = queues.store();
    let visible_from = Timestamp::from_millisecond(store.earliest(spec, now).ok()??).ok()?;
    Some(queues.clock().until(visible_from)?.max(LOOK_AGAIN_MINIMUM))
}

pub(super) fn receive(queues: &Queues, request: &ReceiveMessage) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    let messages_max = bounded(request.max_number_of_messages, "MaxNumberOfMessages", MESSAGES, 1)?;
    bounded(request.wait_time_seconds, "WaitTimeSeconds", WAIT_SECONDS, 0)?;
    let hidden = queue.visibility_timeout_seconds;
    let visibility_timeout_seconds =
        bounded(request.visibility_timeout, "VisibilityTimeout", VISIBILITY_TIMEOUT_SECONDS, hidden)?;
    let mut asked = request.attribute_names.iter().chain(&request.message_system_attribute_names);
    if let Some(unknown) = asked.find(|name| !SYSTEM_ATTRIBUTES.contains(&name.as_str())) {
        return Err(Fault::new(Shape::InvalidAttributeName, format!("Unknown Attribute {unknown}.")));
    }

    let receive = Receive {
        messages_max: messages_max as usize,
        bytes_max: BYTES_MAX,
        overhead_bytes: 0,
        visibility_timeout_seconds,
    };
    let received = {
        let (mut store, now) = queues.store();
        store.receive(queue, receive, now)?
    };
    if received.dead_letters > 0 {
        queues.wake();
    }
    let messages: Vec<Value> = received.messages.iter().map(|message| answered(message, request)).collect();
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

fn answered(message: &Message, request: &ReceiveMessage) -> Value {
    let mut answer = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt.handle(),
        "MD5OfBody": digest::of_body(&message.body),
        "Body": message.body,
    });
    let asked = |name: &str| {
        let mut names = request.attribute_names.iter().chain(&request.message_system_attribute_names);
        names.any(|asked| asked == "All" || asked == name)
    };
    let mut system = event::system_attributes(message);
    system.retain(|name, _| asked(name));
    if !system.is_empty() {
        answer["Attributes"] = json!(system);
    }
    let selected = attributes::selected(&message.attributes, &request.message_attribute_names);
    if let Some(digest) = digest::of_attributes(&selected) {
        answer["MD5OfMessageAttributes"] = json!(digest);
        answer["MessageAttributes"] = json!(selected);
    }
    answer
}
