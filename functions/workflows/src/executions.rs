//! What the functions here do in the world: starting executions, and keeping what could not be started in the queue.

use crate::Workflows;
use crate::start::Start;
use aws_sdk_sfn::error::SdkError;
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use scrip_function::sdk;
use scrip_refusal::Failure;
use std::future::Future;
use std::mem;

/// The queue that holds what could not be started.
const RETRIES_QUEUE: &str = "WORKFLOW_RETRIES_QUEUE";

/// Starts executions. Tests put another in place of AWS.
pub(crate) trait Executions: Sync {
    /// Starts an execution, unless it has been started before.
    fn start(&self, start: &Start) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Has what could not be started tried again later: for each, whether that is certain.
    fn keep(&self, starts: &[Start]) -> impl Future<Output = Vec<Result<(), Failure>>> + Send;
}

impl Executions for Workflows {
    async fn start(&self, start: &Start) -> Result<(), Failure> {
        let machine = self.invocation.world.environment.get(&start.variable())?;
        let request = self.states.start_execution().state_machine_arn(machine).name(&start.name);
        let sent = request.input(start.execution_input()).send();
        // On the heap, as the SDK's future is large.
        let started = Box::pin(async {
            match sent.await {
                Ok(_) => Ok(()),
                Err(error) => unless_started(&error),
            }
        });
        self.invocation.context.deadline.attempt(started).await
    }

    /// What is too large for a message is left out of what is sent.
    async fn keep(&self, starts: &[Start]) -> Vec<Result<(), Failure>> {
        let mut kept: Vec<Result<String, Failure>> = starts.iter().map(Start::message).collect();
        let bodies: Vec<String> =
            kept.iter_mut().filter_map(|kept| kept.as_mut().ok().map(mem::take)).collect();
        let mut sent = self.invocation.send(RETRIES_QUEUE, &bodies).await.into_iter();
        let unsent = || Err(Failure::broken("a message that was not sent"));
        kept.into_iter().map(|kept| kept.and_then(|_| sent.next().unwrap_or_else(unsent))).collect()
    }
}

/// An execution that has the name already, running or ended, is the one that this item asked for. An Express machine knows
/// no names that are taken.
fn unless_started<R: std::fmt::Debug>(error: &SdkError<StartExecutionError, R>) -> Result<(), Failure> {
    match error.as_service_error() {
        Some(StartExecutionError::ExecutionAlreadyExists(_)) => Ok(()),
        _ => Err(sdk::failure("Step Functions", error)),
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
        unless_started(&SdkError::service_error(error, ()))
    }

    #[test]
    fn the_same_execution_is_started_once_and_errors_keep_their_kind() {
        let exists = ExecutionAlreadyExists::builder().build();
        assert!(service(StartExecutionError::ExecutionAlreadyExists(exists)).is_ok());

        let throttled = ErrorMetadata::builder().code("ThrottlingException").build();
        assert!(matches!(service(StartExecutionError::generic(throttled)), Err(Failure::Busy(_))));
        assert!(matches!(unless_started::<()>(&SdkError::timeout_error("3 s")), Err(Failure::Unknown(_))));

        let gone = ErrorMetadata::builder().code("StateMachineDoesNotExist").build();
        let gone = StateMachineDoesNotExist::builder().meta(gone).build();
        assert!(matches!(
            service(StartExecutionError::StateMachineDoesNotExist(gone)),
            Err(Failure::Broken(_))
        ));
    }
}
