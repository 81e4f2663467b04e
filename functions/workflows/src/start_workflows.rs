//! A table's stream starts workflows: an execution has the name of the item that asks for it, so that no item starts
//! two, however often the stream sends it. What can't be started now waits in a queue, so that the items behind it
//! need not.

use crate::Workflows;
use crate::executions::Executions;
use crate::record::{StreamEvent, StreamRecord};
use crate::start::Start;
use scrip_function::{Operation, Outcome, Report, Trigger};
use scrip_refusal::Failure;

pub(crate) fn operation() -> Operation {
    Operation::event(
        "start-workflows",
        "Start the workflows that written items ask for",
        Trigger::Stream,
        start_workflows,
    )
    .budget(0, 0)
}

/// What became of a record that started nothing.
#[derive(Debug)]
enum Fate {
    /// It could not be started, and waits in the queue.
    Kept(Failure),
    /// It can't be read, or neither be started nor kept: the stream has to send it again.
    Left(Failure),
}

pub(crate) async fn start_workflows(workflows: Workflows, event: StreamEvent) -> Outcome<Report> {
    let fates = follow(&workflows, &event.records).await;

    for (record, fate) in &fates {
        let number = record.sequence_number();
        let (failure, what) = match fate {
            Fate::Kept(failure) => (failure, format!("record {number}, kept in the queue: {failure}")),
            Fate::Left(failure) => (failure, format!("record {number}: {failure}")),
        };
        workflows.invocation.note(record.cause(), failure, &what);
    }
    Ok(Report::of(first_left(&fates)))
}

/// Starts what the records ask for, in their order, up to one that can't be read.
async fn follow<'a>(
    executions: &impl Executions,
    records: &'a [StreamRecord],
) -> Vec<(&'a StreamRecord, Fate)> {
    let (mut unstarted, mut starts, mut unread) = (Vec::new(), Vec::<Start>::new(), None);
    for record in records {
        match record.start() {
            Ok(None) => {}
            Ok(Some(start)) => {
                if let Err(failure) = executions.start(&start).await {
                    unstarted.push((record, failure));
                    starts.push(start);
                }
            }
            Err(failure) => {
                unread = Some((record, Fate::Left(failure)));
                break;
            }
        }
    }
    let kept = if starts.is_empty() { Vec::new() } else { executions.keep(&starts).await };
    let fates = unstarted.into_iter().zip(kept).map(|((record, failure), kept)| match kept {
        Ok(()) => (record, Fate::Kept(failure)),
        Err(unkept) => (record, Fate::Left(both(&failure, &unkept))),
    });
    fates.chain(unread).collect()
}

/// Two failures are worth another try only if both are.
fn both(failure: &Failure, unkept: &Failure) -> Failure {
    let text = format!("{failure}; it can't be kept in the queue either: {unkept}");
    if failure.may_pass() && unkept.may_pass() { Failure::Busy(text) } else { Failure::Broken(text) }
}

/// From where the stream is to go on. All before it is started or kept.
fn first_left<'a>(fates: &[(&'a StreamRecord, Fate)]) -> Option<&'a str> {
    let left = fates.iter().find(|(_, fate)| matches!(fate, Fate::Left(_)));
    left.map(|(record, _)| record.sequence_number())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::tests::Planned;
    use serde_json::json;
    use std::collections::BTreeMap;

    /// Records with the numbers 0, 1, 2, …; those without a name can't be read.
    fn records(ids: &[Option<&str>]) -> Vec<StreamRecord> {
        let record = |(index, id): (usize, Option<&str>)| {
            let workflow = json!({"M": {"machine": {"S": "bill-expiry"}, "input": {"M": {}}}});
            let image = match id {
                Some(id) => json!({"id": {"S": id}, "workflow": workflow}),
                None => json!({"workflow": workflow}),
            };
            json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": index.to_string(), "NewImage": image}})
        };
        let records: Vec<_> = ids.iter().copied().enumerate().map(record).collect();
        serde_json::from_value::<StreamEvent>(json!({ "Records": records })).unwrap().records
    }

    fn busy(names: &[&'static str]) -> BTreeMap<&'static str, Failure> {
        names.iter().map(|name| (*name, Failure::Busy("throttled".into()))).collect()
    }

    struct Seen {
        started: Vec<String>,
        kept: Vec<String>,
        left: Option<String>,
    }

    async fn run(planned: Planned, records: &[StreamRecord]) -> Seen {
        let fates = follow(&planned, records).await;
        Seen {
            started: planned.started.into_inner().unwrap(),
            kept: planned.kept.into_inner().unwrap().into_iter().map(|start| start.name).collect(),
            left: first_left(&fates).map(str::to_owned),
        }
    }

    #[tokio::test]
    async fn records_start_in_their_order() {
        let seen = run(Planned::default(), &records(&[Some("a"), Some("b"), Some("c")])).await;
        assert_eq!(seen.started, ["a", "b", "c"]);
        assert_eq!((seen.kept.len(), seen.left), (0, None));
    }

    #[tokio::test]
    async fn what_does_not_start_is_kept_and_holds_up_nothing() {
        let records = records(&[Some("a"), Some("b"), Some("c"), Some("d")]);
        let mut starts_fail = busy(&["b"]);
        starts_fail.insert("c", Failure::broken("no such machine"));
        let seen = run(Planned { starts_fail, ..Planned::default() }, &records).await;
        assert_eq!(seen.started, ["a", "b", "c", "d"]);
        assert_eq!(seen.kept, ["b", "c"]);
        assert_eq!(seen.left, None);
    }

    #[tokio::test]
    async fn what_can_not_be_kept_either_is_reported_from_the_first_on() {
        let records = records(&[Some("a"), Some("b"), Some("c"), Some("d")]);
        let planned = || Planned { starts_fail: busy(&["a", "b", "c"]), ..Planned::default() };
        let seen = run(Planned { keeps_fail: busy(&["b", "c"]), ..planned() }, &records).await;
        assert_eq!(seen.started, ["a", "b", "c", "d"]);
        assert_eq!(seen.kept, ["a"]);
        assert_eq!(seen.left.as_deref(), Some("1"));

        let seen = run(Planned { keeps_fail: busy(&["a", "b", "c"]), ..planned() }, &records).await;
        assert_eq!(seen.left.as_deref(), Some("0"));
    }

    #[tokio::test]
    async fn a_record_that_can_not_be_read_is_reported_and_not_passed_over() {
        let records = records(&[Some("a"), None, Some("c")]);
        let seen = run(Planned { starts_fail: busy(&["a"]), ..Planned::default() }, &records).await;
        assert_eq!(
            (seen.started.as_slice(), seen.kept.as_slice()),
            (&["a".to_owned()][..], &["a".to_owned()][..])
        );
        assert_eq!(seen.left.as_deref(), Some("1"));

        // What was neither started nor kept comes before it.
        let planned = Planned { starts_fail: busy(&["a"]), keeps_fail: busy(&["a"]), ..Planned::default() };
        assert_eq!(run(planned, &records).await.left.as_deref(), Some("0"));
    }

    #[test]
    fn two_failures_are_transient_if_both_are() {
        let (busy, broken) = (Failure::Busy("a".into()), Failure::Broken("b".into()));
        assert!(matches!(both(&busy, &busy), Failure::Busy(_)));
        for (one, other) in [(&busy, &broken), (&broken, &busy), (&broken, &broken)] {
            assert!(matches!(both(one, other), Failure::Broken(_)));
        }
    }
}
