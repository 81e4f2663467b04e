//! Starts the workflows that written items ask for, and those of what is due.

mod clients;
mod executions;
mod record;
mod start;

use scrip_function::{FromInvocation, Invocation};
use scrip_refusal::Failure;
use std::sync::Arc;

scrip_function::operations! {
    "workflows": "What follows by itself.";
    start_workflows,
    retry_workflows,
    start_due,
}

/// What starts executions.
pub struct Workflows {
    states: Arc<aws_sdk_sfn::Client>,
    invocation: Invocation,
}

impl FromInvocation for Workflows {
    fn from_invocation(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        Ok(Self { states: world.keep(|| Ok(clients::states(world)))?, invocation: invocation.clone() })
    }
}
