//! Starts the workflows that written items ask for.

mod clients;
mod executions;
mod record;
mod retry_workflows;
mod start;
mod start_workflows;

use scrip_function::{Capability, Function, Invocation, Trigger};
use scrip_refusal::Failure;
use std::sync::Arc;

/// What starts executions.
pub struct Workflows {
    states: Arc<aws_sdk_sfn::Client>,
    invocation: Invocation,
}

impl Capability for Workflows {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        Ok(Self { states: world.keep(|| Ok(clients::states(world)))?, invocation: invocation.clone() })
    }
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::event("start-workflows", Trigger::Stream, start_workflows::start_workflows),
        Function::event("retry-workflows", Trigger::Queue, retry_workflows::retry_workflows),
    ]
}
