//! What the functions here do in the world: starting executions, and keeping what could not be started in the queue.

use crate::start::Start;
use crate::{Workflows, clients};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use scrip_refusal::Failure;
use std::future::Future;

/// The queue that holds what could not be started.
const RETRIES_QUEUE: &str = "WORKFLOW_RETRIES_QUEUE";
/// How many messages SQS takes at once.
const BATCH_MESSAGES_MAX: usize = 10;
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

/// Starts executions. Tests put another in place of AWS.
pub(crate) trait Executions: Sync {
    /// Starts an execution, unless it has been started before.
    fn start(&self, start: &Start) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Has what could not be started tried again later: for each, whether that is certain.
    fn keep(&self, starts: &[Start]) -> impl Future<Output = Vec<Result<(), Failure>>> + Send;
}

impl Executions for Workflows {
    async fn start(&self, start: &Start) -> Result<(), Failure> {
        let machine = self.world.environment.get(&start.variable())?;
        let request = self.states.start_execution().state_machine_arn(machine).name(&start.name);
        match request.input(start.execution_input()).send().await {
            Ok(_) => Ok(()),
            Err(error) => unless_started(error),
        }
    }

    async fn keep(&self, starts: &[Start]) -> Vec<Result<(), Failure>> {
        let mut kept = Vec::with_capacity(starts.len());
        for batch in starts.chunks(BATCH_MESSAGES_MAX) {
            match self.send(batch).await {
                Ok(sent) => kept.extend(sent),
                Err(failure) => kept.extend(batch.iter().map(|_| Err(failure.clone()))),
            }
        }
        kept
    }
}

impl Workflows {
    /// Sends as many messages as fit into one request; those that are too large are left out of it.
    async fn send(&self, starts: &[Start]) -> Result<Vec<Result<(), Failure>>, Failure> {
        let queue = self.world.environment.get(RETRIES_QUEUE)?;
        let client = self.world.keep(|| Ok(clients::queues(&self.world)))?;
        let (mut sent, mut entries) = (Vec::with_capacity(starts.len()), Vec::with_capacity(starts.len()));
        for (index, start) in starts.iter().enumerate() {
            sent.push(start.message().and_then(|message| {
                let entry =
                    SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(message);
                entries.push(entry.build().map_err(Failure::broken)?);
                Ok(())
            }));
        }
        if entries.is_empty() {
            return Ok(sent);
        }
        let request = client.send_message_batch().queue_url(queue).set_entries(Some(entries));
        let answer = request.send().await.map_err(unsent)?;
        for entry in answer.failed() {
            let failed = entry.id().parse::<usize>().ok().and_then(|index| sent.get_mut(index));
            let Some(failed) = failed else {
                return Err(Failure::broken("SQS tells of a message that it was not sent"));
            };
            let text = format!("{}: {}", entry.code(), entry.message().unwrap_or_default());
            *failed = Err(if entry.sender_fault() { Failure::Broken(text) } else { Failure::Busy(text) });
        }
        Ok(sent)
    }
}

/// An execution that has the name already, running or ended, is the one that this item asked for.
fn unless_started<R: std::fmt::Debug>(error: SdkError<StartExecutionError, R>) -> Result<(), Failure> {
    match error {
        SdkError::ServiceError(service) => match service.err() {
            StartExecutionError::ExecutionAlreadyExists(_) => Ok(()),
            error => Err(told(error)),
        },
        SdkError::ConstructionFailure(_) => Err(Failure::Broken(format!("{error:?}"))),
        _ => Err(Failure::Busy(format!("Step Functions unreachable: {error:?}"))),
    }
}

fn told(error: &impl ProvideErrorMetadata) -> Failure {
    let code = error.code().unwrap_or("unknown");
    let text = format!("{code}: {}", error.message().unwrap_or_default());
    if RETRYABLE.contains(&code) { Failure::Busy(text) } else { Failure::Broken(text) }
}

/// The stream sends again what was not sent, so all that counts is why.
fn unsent<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(error: SdkError<E, R>) -> Failure {
    match error {
        SdkError::ServiceError(service) => told(service.err()),
        error => Failure::Busy(format!("SQS unreachable: {error:?}")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_sdk_sfn::error::ErrorMetadata;
    use aws_sdk_sfn::types::error::{ExecutionAlreadyExists, StateMachineDoesNotExist};
    use std::collections::BTreeMap;
    use std::future::ready;
    use std::sync::Mutex;

    /// Starts and keeps what no fault is planned for, by name.
    #[derive(Default)]
    pub(crate) struct Planned {
        pub(crate) starts_fail: BTreeMap<&'static str, Failure>,
        pub(crate) keeps_fail: BTreeMap<&'static str, Failure>,
        pub(crate) started: Mutex<Vec<String>>,
        pub(crate) kept: Mutex<Vec<Start>>,
    }

    impl Executions for Planned {
        fn start(&self, start: &Start) -> impl Future<Output = Result<(), Failure>> + Send {
            self.started.lock().unwrap().push(start.name.clone());
            ready(self.starts_fail.get(start.name.as_str()).cloned().map_or(Ok(()), Err))
        }

        fn keep(&self, starts: &[Start]) -> impl Future<Output = Vec<Result<(), Failure>>> + Send {
            let keep = |start: &Start| {
                if let Some(failure) = self.keeps_fail.get(start.name.as_str()) {
                    return Err(failure.clone());
                }
                self.kept.lock().unwrap().push(start.clone());
                Ok(())
            };
            ready(starts.iter().map(keep).collect())
        }
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
