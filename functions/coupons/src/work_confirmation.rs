//! A queue holds the ids of accepted confirmations. A message that fails comes again alone; after a few times it waits
//! in another queue until somebody has mended the cause.

use scrip_function::{Invocation, Message, Operation, Outcome, QueueEvent, Report, Trigger, is_request_id};
use scrip_redemptions::Redemptions;
use scrip_refusal::Failure;
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::event(
        "work-confirmation",
        "Take accepted confirmations from their queue",
        Trigger::Queue,
        work_confirmation,
    )
    .budget(1, 1)
}

/// What is read of a message that failed.
#[derive(Deserialize)]
struct Caused {
    cause: String,
}

pub(crate) async fn work_confirmation(
    redemptions: Redemptions,
    invocation: Invocation,
    event: QueueEvent,
) -> Outcome<Report> {
    let mut failed: Vec<(&Message, Failure)> = Vec::new();
    for message in &event.records {
        if let Err(failure) = redemptions.work_confirmation(&message.body).await {
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
