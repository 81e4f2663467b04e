//! `SendMessage` and `SendMessageBatch`.

use super::fault::{Fault, Shape};
use super::{Answer, batch_answer, check_batch, queue, required};
use crate::attributes::{self, Attribute, Attributes};
use crate::digest;
use crate::queues::Queues;
use crate::spec::{DELAY_SECONDS, MAXIMUM_MESSAGE_SIZE_BYTES, QueueSpec};
use crate::store::NewMessage;
use serde::Deserialize;
use serde_json::{Value, json};

const TRACE_HEADER: &str = "AWSTraceHeader";
const GROUP_ID_LENGTH_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Send {
    queue_url: Option<String>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendBatch {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: Option<Attributes>,
    #[serde(default)]
    message_system_attributes: Option<Attributes>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

/// A message that may be sent, and the digests that acknowledge it.
struct Accepted {
    message: NewMessage,
    answer: Value,
}

pub(super) fn one(queues: &Queues, request: &Send) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    let accepted = accept(queue, &request.content)?;
    let mut answers = store(queues, queue, vec![accepted])?;
    Ok(answers.pop().unwrap_or_default())
}

pub(super) fn batch(queues: &Queues, request: SendBatch) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    check_batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
    let bytes: usize = request.entries.iter().map(|entry| entry.content.size()).sum();
    if bytes > MAXIMUM_MESSAGE_SIZE_BYTES as usize {
        let reason = format!(
            "Batch requests cannot be longer than {MAXIMUM_MESSAGE_SIZE_BYTES} bytes. You have sent {bytes} bytes."
        );
        return Err(Fault::new(Shape::BatchRequestTooLong, reason));
    }

    let mut ids = Vec::new();
    let mut accepted = Vec::new();
    let mut outcomes = Vec::new();
    for entry in request.entries {
        match accept(queue, &entry.content) {
            Ok(entry_accepted) => {
                ids.push(entry.id);
                accepted.push(entry_accepted);
            }
            Err(fault) => outcomes.push((entry.id, Err(fault))),
        }
    }
    let answers = store(queues, queue, accepted)?;
    outcomes.extend(ids.into_iter().zip(answers.into_iter().map(Ok)));
    Ok(batch_answer(outcomes))
}

/// Writes the messages, so that what the answers acknowledge is on disk.
fn store(queues: &Queues, queue: &QueueSpec, accepted: Vec<Accepted>) -> Result<Vec<Value>, Fault> {
    if accepted.is_empty() {
        return Ok(Vec::new());
    }
    let (messages, mut answers): (Vec<_>, Vec<_>) =
        accepted.into_iter().map(|accepted| (accepted.message, accepted.answer)).unzip();
    let ids = {
        let (mut store, now) = queues.store();
        store.send(queue, &messages, now)?
    };
    queues.wake();
    for (answer, id) in answers.iter_mut().zip(ids) {
        answer["MessageId"] = json!(id);
    }
    Ok(answers)
}

impl Content {
    fn size(&self) -> usize {
        let body = self.message_body.as_ref().map_or(0, String::len);
        body + self.message_attributes.as_ref().map_or(0, attributes::size)
    }
}

fn accept(queue: &QueueSpec, content: &Content) -> Result<Accepted, Fault> {
    let body = required(content.message_body.as_deref().filter(|body| !body.is_empty()), "MessageBody")?;
    if !attributes::is_allowed_text(body) {
        let reason = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                      #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(Fault::new(Shape::InvalidMessageContents, reason));
    }
    let attributes = content.message_attributes.clone().unwrap_or_default();
    attributes::check(&attributes).map_err(Fault::invalid)?;
    if content.size() > queue.maximum_message_size as usize {
        let limit = queue.maximum_message_size;
        let reason = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        );
        return Err(Fault::invalid(reason));
    }
    let delay_seconds = match content.delay_seconds {
        Some(_) => Some(super::bounded(content.delay_seconds, "DelaySeconds", DELAY_SECONDS, 0)?),
        None => None,
    };
    let system = content.message_system_attributes.clone().unwrap_or_default();
    let mut answer = json!({ "MD5OfMessageBody": digest::of_body(body) });
    if let Some(digest) = digest::of_attributes(&attributes) {
        answer["MD5OfMessageAttributes"] = json!(digest);
    }
    if let Some(digest) = digest::of_attributes(&system) {
        answer["MD5OfMessageSystemAttributes"] = json!(digest);
    }
    let system_attributes = system_attributes(content, &system)?;
    let message = NewMessage { body: body.to_owned(), attributes, system_attributes, delay_seconds };
    Ok(Accepted { message, answer })
}

/// What SQS keeps of a message for itself: the trace header, and the group that fair queues go by.
fn system_attributes(
    content: &Content,
    system: &Attributes,
) -> Result<std::collections::BTreeMap<String, String>, Fault> {
    if let Some(id) = &content.message_deduplication_id {
        return Err(Fault::invalid(format!(
            "Value {id} for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that \
             is not valid for this queue type."
        )));
    }
    let mut kept = std::collections::BTreeMap::new();
    for (name, attribute) in system {
        match attribute {
            Attribute { data_type, string_value: Some(value), .. }
                if name == TRACE_HEADER && data_type == "String" =>
            {
                kept.insert(name.clone(), value.clone());
            }
            _ => {
                let reason = format!(
                    "Message system attribute '{name}' is invalid: AWSTraceHeader of type String is known."
                );
                return Err(Fault::invalid(reason));
            }
        }
    }
    if let Some(group) = &content.message_group_id {
        if group.is_empty()
            || group.len() > GROUP_ID_LENGTH_MAX
            || !group.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(Fault::invalid(format!("Value {group} for parameter MessageGroupId is invalid.")));
        }
        kept.insert("MessageGroupId".to_owned(), group.clone());
    }
    Ok(kept)
}
