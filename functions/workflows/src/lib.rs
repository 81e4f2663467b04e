//! Starts the workflows that written items ask for.

mod record;
mod start_workflows;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::retry::RetryConfig;
use scrip_function::{Capability, Function, Invocation, Trigger, World, sdk};
use scrip_refusal::Failure;
use std::sync::Arc;

/// What starts executions.
pub struct Workflows {
    client: Arc<Client>,
    world: Arc<World>,
    request_id: String,
}

impl Capability for Workflows {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = invocation.world.clone();
        Ok(Self {
            client: world.keep(|| Ok(client(&world)))?,
            world,
            request_id: invocation.request_id.clone(),
        })
    }
}

/// It tries once: what fails is reported, and the stream sends it again.
fn client(world: &World) -> Client {
    let config = aws_sdk_sfn::config::Builder::from(&world.aws)
        .retry_config(RetryConfig::disabled())
        .timeout_config(sdk::timeouts())
        .build();
    Client::from_conf(config)
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![Function::event("start-workflows", Trigger::Stream, start_workflows::start_workflows)]
}
