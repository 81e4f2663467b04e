//! A queue holds what could not be started when its item was written: each message is a start, tried anew. Those that
//! fail go back alone; after a few times they wait in another queue until somebody has mended the cause.

use crate::Workflows;
use crate::executions::Executions;
use crate::start::Start;
use futures::future::join_all;
use scrip_function::{Message, Operation, Outcome, QueueEvent, Report, Trigger};
use scrip_refusal::Failure;

pub(crate) fn operation() -> Operation {
    Operation::event(
        "retry-workflows",
        "Try again to start what could not be started",
        Trigger::Queue,
        retry_workflows,
    )
    .budget(0, 0)
}

/// A message that started nothing, the cause that it tells, and why.
struct Failed<'a> {
    id: &'a str,
    cause: Option<String>,
    failure: Failure,
}

pub(crate) async fn retry_workflows(workflows: Workflows, event: QueueEvent) -> Outcome<Report> {
    let failed = retry(&workflows, &event.records).await;

    for Failed { id, cause, failure } in &failed {
        workflows.invocation.note(cause.as_deref(), failure, &format!("message {id}: {failure}"));
    }
    Ok(Report::of(failed.iter().map(|failed| failed.id)))
}

/// Starts what the messages ask for, all at once: none waits for one that takes long.
async fn retry<'a>(executions: &impl Executions, messages: &'a [Message]) -> Vec<Failed<'a>> {
    let tries = messages.iter().map(|message| async move {
        let (cause, failure) = match Start::read(&message.body) {
            Ok(start) => (start.cause.clone(), executions.start(&start).await.err()?),
            Err(failure) => (None, failure),
        };
        Some(Failed { id: &message.message_id, cause, failure })
    });
    join_all(tries).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::tests::Planned;
    use crate::start::tests::start;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn messages(bodies: &[String]) -> Vec<Message> {
        let record = |(index, body)| json!({ "messageId": format!("m{index}"), "body": body, "eventSource": "aws:sqs" });
        let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
        serde_json::from_value::<QueueEvent>(json!({ "Records": records })).unwrap().records
    }

    #[tokio::test]
    async fn each_message_fails_alone() {
        let message = |name: &str| start(name).message().unwrap();
        let bodies = [message("a"), "nonsense".to_owned(), message("b"), message("c")];
        let starts_fail = BTreeMap::from([("b", Failure::Busy("throttled".into()))]);
        let planned = Planned { starts_fail, ..Planned::default() };
        let messages = messages(&bodies);

        let failed = retry(&planned, &messages).await;

        let told: Vec<_> = failed.iter().map(|failed| (failed.id, failed.cause.as_deref())).collect();
        assert_eq!(told, [("m1", None), ("m2", Some("r1"))]);
        assert!(
            matches!(failed[0].failure, Failure::Broken(_)) && matches!(failed[1].failure, Failure::Busy(_))
        );
        assert_eq!(planned.started.into_inner().unwrap(), ["a", "b", "c"]);
        assert!(planned.kept.into_inner().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_started_is_done_with() {
        let messages = messages(&[start("a").message().unwrap(), start("a").message().unwrap()]);
        assert!(retry(&Planned::default(), &messages).await.is_empty());
    }
}
