//! A queue holds stored transactions, ten in a message at most. A message that fails comes again alone; after a few
//! times it waits in another queue until somebody has mended the cause.

use crate::Till;
use scrip_function::{Message, Outcome, QueueEvent, Report, is_request_id};
use scrip_refusal::Failure;
use serde::Deserialize;

/// What is read of a message that failed.
#[derive(Deserialize)]
struct Caused {
    cause: String,
}

pub(crate) async fn work_pos_batch(till: Till, event: QueueEvent) -> Outcome<Report> {
    // One after the other: at the same moment, transactions of one point of sale would be in each other's way.
    let mut failed: Vec<(&Message, Failure)> = Vec::new();
    for message in &event.records {
        if let Err(failure) = till.work_batch(&message.body).await {
            failed.push((message, failure));
        }
    }
    for (message, failure) in &failed {
        let caused = serde_json::from_str::<Caused>(&message.body).ok();
        let cause = caused.map(|caused| caused.cause).filter(|cause| is_request_id(cause));
        let detail = format!("message {}: {failure}", message.message_id);
        till.invocation.note(cause.as_deref(), failure, &detail);
    }
    Ok(Report::of(failed.iter().map(|(message, _)| message.message_id.as_str())))
}
