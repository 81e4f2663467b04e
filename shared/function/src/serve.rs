//! Invokes an operation: what comes before and after every handler.

use crate::handler::Handler;
use crate::invocation::Invocation;
use crate::log::{Level, Line, Measures};
use crate::operation::{Operation, Trigger};
use crate::world::World;
use crate::{caller, causes};
use scrip_http::{Call, GatewayContext, Request, Response};
use scrip_refusal::{Code, Failure, Refusal};
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tracing::{Instrument, debug_span};

/// How an event function fails, as Lambda tells it: the type is what a state machine matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError {
    /// `Transient`, `Refused`, `Broken`, or for an authorizer `Unauthorized`.
    pub error_type: &'static str,
    /// What is wrong, for the execution's history and the log.
    pub message: String,
}

impl Operation {
    /// Answers a request.
    pub async fn serve(&self, world: &Arc<World>, request: Request, deadline: Instant) -> Response {
        let started = Instant::now();
        let request_id =
            GatewayContext::of(&request).map_or_else(String::new, |told| told.request_id.clone());
        self.refresh(world, &request_id, deadline).await;
        let invocation = Invocation {
            operation: self.name,
            world: world.clone(),
            context: world.context(deadline),
            request_id: request_id.clone(),
        };
        let store = invocation.context.store.clone();
        let span = debug_span!("invocation", operation = self.name, request_id);
        let mut principal = "none";
        let answer = match (&self.handler, Call::accept(self.name, request, world.clock.now())) {
            (Handler::Http(handler), Ok(call)) => {
                principal = call.principal().kind();
                match caller::require(self.callers, call.principal()) {
                    Ok(()) => {
                        let answer = handler(&invocation, call).instrument(span);
                        invocation.context.deadline.bound(answer).await
                    }
                    Err(refusal) => Err(refusal.into()),
                }
            }
            (_, Err(problem)) => Err(problem),
            (Handler::Event(_), Ok(_)) => Err(Failure::broken("this function has no route").into()),
        };
        let response = Response::of(answer, &request_id);
        world.log.write(&Line {
            level: if response.outcome == Code::Internal.as_str() { Level::Error } else { Level::Info },
            time: world.clock.now(),
            environment: world.environment.name(),
            request_id: &request_id,
            causes: &[],
            operation: self.name,
            principal,
            outcome: response.outcome,
            status: Some(response.status),
            measures: Some(Measures { duration: started.elapsed(), store: store.meter() }),
            counts: &[],
            reason: response.reason,
            detail: response.log_detail.as_deref(),
        });
        response
    }

    /// Handles an event of a stream, a queue, a workflow or an authorizer.
    ///
    /// # Errors
    /// What Lambda reports, and state machines and event source mappings act on.
    pub async fn handle(
        &self,
        world: &Arc<World>,
        event: Value,
        request_id: &str,
        deadline: Instant,
    ) -> Result<Value, EventError> {
        let started = Instant::now();
        self.refresh(world, request_id, deadline).await;
        let invocation = Invocation {
            operation: self.name,
            world: world.clone(),
            context: world.context(deadline),
            request_id: request_id.to_owned(),
        };
        let store = invocation.context.store.clone();
        let causes = self.causes(&event);
        let span = debug_span!("invocation", operation = self.name, request_id);
        let answer = match &self.handler {
            Handler::Event(handler) => {
                let answer = handler(&invocation, event).instrument(span);
                invocation.context.deadline.bound(answer).await
            }
            Handler::Http(_) => Err(Failure::broken("this function is behind a route")),
        };
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(Failure::Refused(refusal)) => refusal.code.as_str(),
            Err(Failure::Changed(_) | Failure::Busy(_) | Failure::Unknown(_)) => Code::Busy.as_str(),
            Err(Failure::Broken(_)) => Code::Internal.as_str(),
        };
        let detail = answer.as_ref().err().map(ToString::to_string);
        let measures = Measures { duration: started.elapsed(), store: store.meter() };
        let counts = self.counts(&answer);
        // Metrics of a look that found nothing to do would cost more than all the rest of it.
        let is_idle = !counts.is_empty() && counts.iter().all(|(_, count)| *count == 0);
        world.log.write(&Line {
            level: if matches!(answer, Err(Failure::Broken(_))) { Level::Error } else { Level::Info },
            time: world.clock.now(),
            environment: world.environment.name(),
            request_id,
            causes: &causes,
            operation: self.name,
            principal: "system",
            outcome,
            status: None,
            measures: (!is_idle).then_some(measures),
            counts: &counts,
            reason: None,
            detail: detail.as_deref(),
        });
        answer.map_err(|failure| self.event_error(failure))
    }

    async fn refresh(&self, world: &World, request_id: &str, deadline: Instant) {
        let Some(why) = world.refresh(deadline).await else { return };
        world.log.write(&Line {
            level: Level::Error,
            time: world.clock.now(),
            environment: world.environment.name(),
            request_id,
            causes: &[],
            operation: self.name,
            principal: "system",
            outcome: Code::Internal.as_str(),
            status: None,
            measures: None,
            counts: &[],
            reason: None,
            detail: Some(&why),
        });
    }

    /// What an invocation by the time counted, as it answers.
    fn counts(&self, answer: &Result<Value, Failure>) -> Vec<(String, u64)> {
        match answer {
            Ok(Value::Object(counts)) if self.trigger == Trigger::Schedule => {
                let counts = counts.iter().map(|(name, count)| Some((name.clone(), count.as_u64()?)));
                counts.collect::<Option<_>>().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The ids of the requests that an event goes back to, as far as it tells them.
    pub fn causes(&self, event: &Value) -> Vec<String> {
        causes::of_event(self.trigger, event)
    }

    fn event_error(&self, failure: Failure) -> EventError {
        match failure {
            // API Gateway makes a 401 of exactly this message, and a 500 of any other.
            Failure::Refused(refusal)
                if self.trigger == Trigger::Authorizer && is_unauthenticated(&refusal) =>
            {
                EventError { error_type: "Unauthorized", message: "Unauthorized".to_owned() }
            }
            Failure::Refused(refusal) => EventError { error_type: "Refused", message: refusal.to_string() },
            Failure::Changed(_) | Failure::Busy(_) | Failure::Unknown(_) => {
                EventError { error_type: "Transient", message: failure.to_string() }
            }
            Failure::Broken(why) => EventError { error_type: "Broken", message: why },
        }
    }
}

fn is_unauthenticated(refusal: &Refusal) -> bool {
    refusal.code == Code::Unauthenticated
}
