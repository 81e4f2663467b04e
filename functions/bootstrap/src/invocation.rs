//! One invocation: from Lambda's event to the function and back.

use crate::api_gateway::{RestAnswer, RestEvent};
use crate::log;
use lambda_runtime::{Diagnostic, LambdaEvent};
use scrip_function::{Function, Trigger, World};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the runtime API is answered.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Rest(RestAnswer),
    Event(Value),
}

/// The event is read only once its trigger says as what: most of a REST API's is not needed.
pub(crate) async fn answer(
    function: &Function,
    world: &Arc<World>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Answer, Diagnostic> {
    let (event, context) = event.into_parts();
    let deadline = deadline(context.deadline);
    if function.trigger == Trigger::Http {
        let call = RestEvent::read(event.get()).and_then(RestEvent::into_call);
        let call = call.map_err(|why| broken(function, why))?;
        let response = function.serve(world, call, deadline).await;
        Ok(Answer::Rest(response.into()))
    } else {
        let event = serde_json::from_str(event.get()).map_err(|error| broken(function, error.to_string()))?;
        let answer = function.handle(world, event, &context.request_id, deadline).await;
        answer.map(Answer::Event).map_err(|error| diagnostic(error.error_type, error.message))
    }
}

/// For an event that the function can't be given.
fn broken(function: &Function, why: String) -> Diagnostic {
    log::fault(function.name, &why);
    diagnostic("Broken", why)
}

fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message }
}

/// Lambda tells when it ends the invocation in milliseconds since the epoch.
fn deadline(epoch_milliseconds: u64) -> Instant {
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
