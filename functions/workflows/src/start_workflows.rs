//! A table's stream starts workflows: an execution has the name of the item that asks for it, so that no item starts
//! two, however often the stream sends it.

use crate::Workflows;
use crate::record::{Start, StreamEvent, StreamRecord};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use scrip_function::{Level, Line, Outcome};
use scrip_refusal::{Code, Failure};
use scrip_store::Usage;
use serde::Serialize;
use std::future::Future;
use std::time::Duration;

/// Errors of Step Functions after which the same start may succeed.
const RETRYABLE: &[&str] = &[
    "ExecutionLimitExceeded",
    "InternalFailure",
    "InternalServerError",
    "KmsThrottlingException",
    "ServiceUnavailable",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Where the stream is to go on from: it sends the record named, and those after it, again. After its last attempt
/// they go to the stream's place for failures.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

pub(crate) async fn start_workflows(workflows: Workflows, event: StreamEvent) -> Outcome<Progress> {
    let failed = first_failed(&event.records, |start| workflows.start(start)).await;

    if let Some((record, failure)) = &failed {
        workflows.log(record, failure);
    }
    let failed =
        failed.map(|(record, _)| ItemFailure { item_identifier: record.sequence_number().to_owned() });
    Ok(Progress { batch_item_failures: failed.into_iter().collect() })
}

/// Starts what the records ask for, in their order, up to the first that fails.
async fn first_failed<F>(
    records: &[StreamRecord],
    start: impl Fn(Start) -> F,
) -> Option<(&StreamRecord, Failure)>
where
    F: Future<Output = Result<(), Failure>>,
{
    for record in records {
        let started = match record.start() {
            Ok(Some(asked)) => start(asked).await,
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = started {
            return Some((record, failure));
        }
    }
    None
}

impl Workflows {
    async fn start(&self, start: Start) -> Result<(), Failure> {
        let machine = self.world.environment.get(&start.variable())?;
        let request = self.client.start_execution().state_machine_arn(machine).name(start.name);
        match request.input(start.input.to_string()).send().await {
            Ok(_) => Ok(()),
            Err(error) => unless_started(error),
        }
    }

    /// The invocation itself succeeds, so its own line does not tell.
    fn log(&self, record: &StreamRecord, failure: &Failure) {
        let is_busy = matches!(failure, Failure::Busy(_));
        self.world.log.write(&Line {
            level: if is_busy { Level::Info } else { Level::Error },
            time: self.world.clock.now(),
            request_id: &self.request_id,
            operation: "start-workflows",
            principal: "system",
            outcome: if is_busy { Code::Busy.as_str() } else { Code::Internal.as_str() },
            status: None,
            duration: Duration::ZERO,
            usage: Usage::default(),
            accesses: &std::collections::BTreeSet::new(),
            detail: Some(&format!("record {}: {failure}", record.sequence_number())),
        });
    }
}

/// An execution that has the name already, running or ended, is the one that this item asked for.
fn unless_started<R: std::fmt::Debug>(error: SdkError<StartExecutionError, R>) -> Result<(), Failure> {
    match error {
        SdkError::ServiceError(service) => match service.err() {
            StartExecutionError::ExecutionAlreadyExists(_) => Ok(()),
            error => {
                let code = error.code().unwrap_or("unknown");
                let text = format!("{code}: {}", error.message().unwrap_or_default());
                Err(if RETRYABLE.contains(&code) { Failure::Busy(text) } else { Failure::Broken(text) })
            }
        },
        SdkError::ConstructionFailure(_) => Err(Failure::Broken(format!("{error:?}"))),
        _ => Err(Failure::Busy(format!("Step Functions unreachable: {error:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sfn::error::ErrorMetadata;
    use aws_sdk_sfn::types::error::{ExecutionAlreadyExists, StateMachineDoesNotExist};
    use serde_json::json;
    use std::cell::RefCell;

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

    async fn run(
        records: &[StreamRecord],
        busy_at: Option<&str>,
    ) -> (Vec<String>, Option<(String, Failure)>) {
        let started = RefCell::new(Vec::new());
        let failed = first_failed(records, |start| {
            let is_busy = busy_at == Some(start.name.as_str());
            started.borrow_mut().push(start.name);
            std::future::ready(if is_busy { Err(Failure::Busy("throttled".into())) } else { Ok(()) })
        })
        .await;
        let failed = failed.map(|(record, failure)| (record.sequence_number().to_owned(), failure));
        (started.into_inner(), failed)
    }

    #[tokio::test]
    async fn records_start_in_their_order_up_to_the_first_that_fails() {
        let records = records(&[Some("a"), Some("b"), Some("c")]);
        let (started, failed) = run(&records, None).await;
        assert_eq!(started, ["a", "b", "c"]);
        assert!(failed.is_none());

        let (started, failed) = run(&records, Some("b")).await;
        assert_eq!(started, ["a", "b"]);
        assert!(matches!(failed, Some((number, Failure::Busy(_))) if number == "1"));
    }

    #[tokio::test]
    async fn a_record_that_never_starts_is_reported_and_not_passed_over() {
        let (started, failed) = run(&records(&[Some("a"), None, Some("c")]), None).await;
        assert_eq!(started, ["a"]);
        assert!(matches!(failed, Some((number, Failure::Broken(_))) if number == "1"));
    }

    #[test]
    fn progress_names_what_lambda_reads() {
        let progress = Progress { batch_item_failures: vec![ItemFailure { item_identifier: "111".into() }] };
        let expected = json!({"batchItemFailures": [{"itemIdentifier": "111"}]});
        assert_eq!(serde_json::to_value(progress).unwrap(), expected);
    }

    fn service(error: StartExecutionError) -> Result<(), Failure> {
        unless_started(SdkError::service_error(error, ()))
    }

    #[test]
    fn the_same_execution_is_started_once_and_errors_keep_their_kind() {
        let exists = ExecutionAlreadyExists::builder().build();
        assert!(service(StartExecutionError::ExecutionAlreadyExists(exists)).is_ok());

        let throttled = ErrorMetadata::builder().code("ThrottlingException").build();
        assert!(matches!(service(StartExecutionError::generic(throttled)), Err(Failure::Busy(_))));
        assert!(matches!(unless_started::<()>(SdkError::timeout_error("3 s")), Err(Failure::Busy(_))));

        let gone = ErrorMetadata::builder().code("StateMachineDoesNotExist").build();
        let gone = StateMachineDoesNotExist::builder().meta(gone).build();
        assert!(matches!(
            service(StartExecutionError::StateMachineDoesNotExist(gone)),
            Err(Failure::Broken(_))
        ));
    }
}
