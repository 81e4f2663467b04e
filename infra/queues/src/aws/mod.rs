//! The AWS JSON 1.0 protocol of SQS.
//!
//! Source: Amazon SQS API Reference, and the service model that `aws-sdk-sqs` is generated from.

mod fault;
mod receive;
mod redrive;
mod send;
mod settle;
mod survey;

pub use fault::query_error;

use crate::error::Error;
use crate::queues::Queues;
use crate::spec::QueueSpec;
use fault::{Fault, Shape};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const PREFIX: &str = "AmazonSQS.";
const RECEIVE: &str = "AmazonSQS.ReceiveMessage";
const BATCH_ENTRIES_MAX: usize = 10;
const ENTRY_ID_LENGTH_MAX: usize = 80;

type Answer = Result<Value, Fault>;

pub(crate) fn answer(queues: &Queues, target: &str, body: &[u8]) -> (u16, Value) {
    match dispatch(queues, target, body) {
        Ok(body) => (200, body),
        Err(fault) => fault.answer(),
    }
}

/// Answers off this thread; a receive that gets nothing looks again whenever something changed or is due. How long it
/// waits in all is real time, even if the clock stands: it is a client's patience on an open connection.
pub(crate) async fn answer_waiting(queues: &Queues, target: &str, body: &[u8]) -> (u16, Value) {
    let patience = if target == RECEIVE { receive::patience(queues, body) } else { None };
    let deadline = Instant::now() + patience.as_ref().map_or(Duration::ZERO, |patience| patience.wait);
    loop {
        let changed = queues.changed().notified();
        tokio::pin!(changed);
        changed.as_mut().enable();

        let owned_target = target.to_owned();
        let owned_body = body.to_vec();
        let queue = patience.as_ref().map(|patience| patience.queue.clone());
        let looked = queues
            .blocking(move |queues| {
                let answer = answer(queues, &owned_target, &owned_body);
                (answer, queue.map(|queue| receive::next_visible_in(queues, &queue)))
            })
            .await;
        let ((status, answer), next_visible_in) = match looked {
            Ok(looked) => looked,
            Err(error) => return Fault::from(error).answer(),
        };
        let is_empty = status == 200 && answer.get("Messages").is_none();
        if !is_empty || patience.is_none() || Instant::now() >= deadline {
            return (status, answer);
        }
        let due = next_visible_in.flatten().map(|wait| Instant::now() + wait);
        // Whether something changed or it is time to look: both are seen by looking again.
        let _ = timeout_at(due.map_or(deadline, |due| due.min(deadline)), changed).await;
    }
}

fn dispatch(queues: &Queues, target: &str, body: &[u8]) -> Answer {
    match target.strip_prefix(PREFIX).unwrap_or_default() {
        "SendMessage" => send::one(queues, &parsed(body)?),
        "SendMessageBatch" => send::batch(queues, parsed(body)?),
        "ReceiveMessage" => receive::receive(queues, &parsed(body)?),
        "DeleteMessage" => settle::delete(queues, &parsed(body)?),
        "DeleteMessageBatch" => settle::delete_batch(queues, &parsed(body)?),
        "ChangeMessageVisibility" => settle::hide(queues, &parsed(body)?),
        "ChangeMessageVisibilityBatch" => settle::hide_batch(queues, &parsed(body)?),
        "GetQueueUrl" => survey::url(queues, &parsed(body)?),
        "GetQueueAttributes" => survey::attributes(queues, &parsed(body)?),
        "ListQueues" => Ok(survey::list(queues, &parsed(body)?)),
        "PurgeQueue" => settle::purge(queues, &parsed(body)?),
        "StartMessageMoveTask" => redrive::start(queues, &parsed(body)?),
        "CreateQueue" | "DeleteQueue" | "SetQueueAttributes" | "TagQueue" | "UntagQueue"
        | "AddPermission" | "RemovePermission" => Err(Fault::new(
            Shape::UnsupportedOperation,
            "Queues are declared in the template and nowhere else.",
        )),
        "" => Err(Fault::new(Shape::UnknownOperation, format!("{target} is no operation of SQS."))),
        operation => Err(Fault::new(Shape::UnsupportedOperation, format!("{operation} is not implemented."))),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::new(Shape::Serialization, error.to_string()))
}

fn required<'a, T: ?Sized>(value: Option<&'a T>, name: &str) -> Result<&'a T, Fault> {
    value.ok_or_else(|| {
        Fault::new(Shape::MissingParameter, format!("The request must contain the parameter {name}."))
    })
}

/// The queue that a URL names with its last segment.
fn queue<'a>(queues: &'a Queues, url: Option<&str>) -> Result<&'a QueueSpec, Fault> {
    let url = required(url, "QueueUrl")?;
    let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    queues.spec(name).ok_or_else(Fault::no_such_queue)
}

/// Within `limits`, or the `default` where the request says nothing.
fn bounded(
    value: Option<i64>,
    name: &str,
    limits: std::ops::RangeInclusive<u32>,
    default: u32,
) -> Result<u32, Fault> {
    let Some(asked) = value else { return Ok(default) };
    u32::try_from(asked).ok().filter(|value| limits.contains(value)).ok_or_else(|| {
        let reason = format!("Must be between {} and {}, if provided.", limits.start(), limits.end());
        Fault::invalid(format!("Value {asked} for parameter {name} is invalid. Reason: {reason}"))
    })
}

/// Refuses a batch whose entries can't be told apart; what is wrong with one entry fails that entry alone.
fn check_batch<'a>(ids: impl ExactSizeIterator<Item = &'a str> + Clone) -> Result<(), Fault> {
    if ids.len() == 0 {
        return Err(Fault::new(
            Shape::EmptyBatchRequest,
            "There should be at least one entry in the request.",
        ));
    }
    if ids.len() > BATCH_ENTRIES_MAX {
        let reason = format!("Maximum number of entries per request are 10. You have sent {}.", ids.len());
        return Err(Fault::new(Shape::TooManyEntriesInBatchRequest, reason));
    }
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_id = |id: &str| !id.is_empty() && id.len() <= ENTRY_ID_LENGTH_MAX && id.chars().all(known);
    if !ids.clone().all(is_id) {
        let reason = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be \
                      at most 80 letters long.";
        return Err(Fault::new(Shape::InvalidBatchEntryId, reason));
    }
    let mut seen = std::collections::HashSet::new();
    match ids.into_iter().find(|id| !seen.insert(*id)) {
        Some(id) => Err(Fault::new(Shape::BatchEntryIdsNotDistinct, format!("Id {id} repeated."))),
        None => Ok(()),
    }
}

/// The answer to a batch: what SQS calls `Successful` and `Failed`.
fn batch_answer(outcomes: impl IntoIterator<Item = (String, Result<Value, Fault>)>) -> Value {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for (id, outcome) in outcomes {
        match outcome {
            Ok(mut entry) => {
                entry["Id"] = json!(id);
                successful.push(entry);
            }
            Err(fault) => failed.push(fault.entry(&id)),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::new(Shape::InternalFailure, error.to_string())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Error::from(error).into()
    }
}
