//! One invocation by an event: of a stream, a queue, a state machine, or for the authorizer.

use crate::log;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use scrip_function::{Operation, World};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Serves events until the process is ended.
pub(crate) async fn run(operation: &Operation, world: &Arc<World>) -> Result<(), lambda_runtime::Error> {
    Runtime::new(service_fn(|event| answer(operation, world, event))).run().await
}

/// The event comes as text, since the runtime's own reading of values keeps account of each member's path.
async fn answer(
    operation: &Operation,
    world: &Arc<World>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Value, Diagnostic> {
    let (event, context) = event.into_parts();
    let deadline = deadline(context.deadline);
    let event = serde_json::from_str(event.get()).map_err(|error| broken(operation, error.to_string()))?;
    let answer = operation.handle(world, event, &context.request_id, deadline).await;
    answer.map_err(|error| diagnostic(error.error_type, error.message))
}

/// For an event that the operation can't be given.
pub(crate) fn broken(operation: &Operation, why: String) -> Diagnostic {
    log::fault(operation.name, &why);
    diagnostic("Broken", why)
}

fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message }
}

/// Lambda tells when it ends the invocation in milliseconds since the epoch.
pub(crate) fn deadline(epoch_milliseconds: u64) -> Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now() + Duration::from_millis(epoch_milliseconds).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_over_is_now() {
        let before = Instant::now();
        let over = deadline(0);
        assert!(over >= before && over <= Instant::now());
        let in_a_minute = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_mins(1);
        let deadline = deadline(u64::try_from(in_a_minute.as_millis()).unwrap());
        assert!(
            deadline > before + Duration::from_secs(59)
                && deadline <= Instant::now() + Duration::from_mins(1)
        );
    }
}
