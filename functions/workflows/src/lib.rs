//! Starts the workflows that written items ask for.

mod clients;
mod executions;
mod record;
mod report;
mod retry_workflows;
mod start;
mod start_workflows;

use scrip_function::{Capability, Function, Invocation, Level, Line, Trigger, World};
use scrip_refusal::{Code, Failure};
use std::sync::Arc;

/// What starts executions.
pub struct Workflows {
    states: Arc<aws_sdk_sfn::Client>,
    world: Arc<World>,
    operation: &'static str,
    request_id: String,
}

impl Capability for Workflows {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = invocation.world.clone();
        Ok(Self {
            states: world.keep(|| Ok(clients::states(&world)))?,
            world,
            operation: invocation.operation,
            request_id: invocation.request_id.clone(),
        })
    }
}

impl Workflows {
    /// Logs what became of one record or message. The invocation itself succeeds, so its own line does not tell.
    fn note(&self, cause: Option<&str>, failure: &Failure, detail: &str) {
        let is_busy = matches!(failure, Failure::Busy(_));
        let cause = cause.map(str::to_owned);
        self.world.log.write(&Line {
            level: if is_busy { Level::Info } else { Level::Error },
            time: self.world.clock.now(),
            environment: self.world.environment.name(),
            request_id: &self.request_id,
            causes: cause.as_slice(),
            operation: self.operation,
            principal: "system",
            outcome: if is_busy { Code::Busy.as_str() } else { Code::Internal.as_str() },
            status: None,
            measures: None,
            detail: Some(detail),
        });
    }
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::event("start-workflows", Trigger::Stream, start_workflows::start_workflows),
        Function::event("retry-workflows", Trigger::Queue, retry_workflows::retry_workflows),
    ]
}
