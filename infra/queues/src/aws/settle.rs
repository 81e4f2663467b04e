//! What is done with received messages: `DeleteMessage`, `ChangeMessageVisibility`, their batches, `PurgeQueue`.

use super::fault::{Fault, Shape};
use super::{Answer, batch_answer, bounded, check_batch, queue, required};
use crate::queues::Queues;
use crate::receipt::Receipt;
use crate::spec::{QueueSpec, VISIBILITY_TIMEOUT_SECONDS};
use crate::store::Hiding;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Settle {
    queue_url: Option<String>,
    #[serde(flatten)]
    held: Held,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SettleBatch {
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
    held: Held,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Held {
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Purge {
    queue_url: Option<String>,
}

impl Held {
    fn receipt(&self) -> Result<Receipt, Fault> {
        let handle = required(self.receipt_handle.as_deref(), "ReceiptHandle")?;
        Receipt::parse(handle).ok_or_else(|| {
            let reason = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            Fault::new(Shape::ReceiptHandleIsInvalid, reason)
        })
    }
}

pub(super) fn delete(queues: &Queues, request: &Settle) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    queues.store().0.delete(queue, &[request.held.receipt()?])?;
    Ok(json!({}))
}

pub(super) fn delete_batch(queues: &Queues, request: &SettleBatch) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    check_batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
    let receipts: Vec<_> = request.entries.iter().map(|entry| entry.held.receipt()).collect();
    let held: Vec<Receipt> = receipts.iter().filter_map(|receipt| receipt.as_ref().ok().cloned()).collect();
    queues.store().0.delete(queue, &held)?;
    let outcomes = request.entries.iter().zip(receipts);
    Ok(batch_answer(outcomes.map(|(entry, receipt)| (entry.id.clone(), receipt.map(|_| json!({}))))))
}

pub(super) fn hide(queues: &Queues, request: &Settle) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    hide_one(queues, queue, &request.held)?;
    queues.wake();
    Ok(json!({}))
}

pub(super) fn hide_batch(queues: &Queues, request: &SettleBatch) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    check_batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
    let outcomes: Vec<_> = request
        .entries
        .iter()
        .map(|entry| (entry.id.clone(), hide_one(queues, queue, &entry.held).map(|()| json!({}))))
        .collect();
    queues.wake();
    Ok(batch_answer(outcomes))
}

fn hide_one(queues: &Queues, queue: &QueueSpec, held: &Held) -> Result<(), Fault> {
    let receipt = held.receipt()?;
    required(held.visibility_timeout.as_ref(), "VisibilityTimeout")?;
    let seconds = bounded(held.visibility_timeout, "VisibilityTimeout", VISIBILITY_TIMEOUT_SECONDS, 0)?;
    let hiding = {
        let (mut store, now) = queues.store();
        store.hide(queue, &receipt, seconds, now)?
    };
    match hiding {
        Hiding::Changed => Ok(()),
        Hiding::NotInFlight => {
            Err(Fault::new(Shape::MessageNotInflight, "The message referred to isn't in flight."))
        }
        Hiding::UnknownMessage => Err(Fault::invalid(
            "The receipt handle is invalid. Reason: Message does not exist or is not available for visibility \
             timeout change.",
        )),
        Hiding::TooLong => Err(Fault::invalid(format!(
            "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the \
             message is beyond the limit [43200 seconds]"
        ))),
    }
}

pub(super) fn purge(queues: &Queues, request: &Purge) -> Answer {
    let queue = queue(queues, request.queue_url.as_deref())?;
    queues.store().0.purge(queue)?;
    Ok(json!({}))
}
