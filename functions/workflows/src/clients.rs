//! The SDK's client. It tries once: what fails is reported, and the stream or the queue sends it again.

use aws_sdk_sfn::config::retry::RetryConfig;
use scrip_function::{World, sdk};

/// A client of Step Functions.
pub(crate) fn states(world: &World) -> aws_sdk_sfn::Client {
    let mut config = aws_sdk_sfn::config::Builder::from(&world.aws)
        .retry_config(RetryConfig::disabled())
        .timeout_config(sdk::timeouts());
    if let Some(trace) = sdk::trace() {
        config.push_interceptor(trace);
    }
    aws_sdk_sfn::Client::from_conf(config.build())
}
