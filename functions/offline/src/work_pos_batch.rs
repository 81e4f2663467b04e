//! A queue holds stored transactions, ten in a message at most. A message that fails comes again alone; after a few
//! times it waits in another queue until somebody has mended the cause.

use scrip_function::{Invocation, Message, Operation, Outcome, QueueEvent, Report, Trigger, is_request_id};
use scrip_offline::Offline;
use scrip_refusal::Failure;
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::event("work-pos-batch", "Work through stored transactions", Trigger::Queue, work_pos_batch)
        .budget(4, 13)
}

/// What is read of a message that failed.
#[derive(Deserialize)]
struct Caused {
    cause: String,
}

pub(crate) async fn work_pos_batch(
    offline: Offline,
    invocation: Invocation,
    event: QueueEvent,
) -> Outcome<Report> {
    // One after the other: at the same moment, transactions of one point of sale would be in each other's way.
    let mut failed: Vec<(&Message, Failure)> = Vec::new();
    for message in &event.records {
        if let Err(failure) = offline.work_batch(&message.body).await {
            failed.push((message, failure));
        }
    }
    for (message, failure) in &failed {
        let caused = serde_json::from_str::<Caused>(&message.body).ok();
        let cause = caused.map(|caused| caused.cause).filter(|cause| is_request_id(cause));
        let detail = format!("message {}: {failure}", message.message_id);
        invocation.note(cause.as_deref(), failure, &detail);
    }
    Ok(Report::of(failed.iter().map(|(message, _)| message.message_id.as_str())))
}
