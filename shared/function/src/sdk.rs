//! The SDK's clients, built small: no retries of their own (the store's know how much time is left), no default chain.

pub use crate::sdk_trace::interceptor as trace;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use scrip_refusal::Failure;
use scrip_store::service_failure;
use std::fmt::Debug;
use std::time::Duration;

const CONNECT_TIMEOUT_SECONDS: u64 = 2;
/// How long one attempt to reach a service may take, unless the invocation ends before.
pub const ATTEMPT: Duration = Duration::from_secs(3);
/// Errors of Step Functions and SQS after which the same request may succeed.
const RETRYABLE: &[&str] = &[
    "ExecutionLimitExceeded",
    "KmsThrottled",
    "KmsThrottlingException",
    "RequestThrottled",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// A client of the store. No stream is watched for standing still: attempts have their time, and answers are short.
pub fn dynamodb(aws: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::config::Builder::from(aws)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(trace) = trace() {
        config.push_interceptor(trace);
    }
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// How long a connection may take. How long a request may, the invocation's deadline says.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_SECONDS)).build()
}

/// A client of SQS. It tries once: what fails is reported, and comes again.
pub fn sqs(aws: &SdkConfig) -> aws_sdk_sqs::Client {
    let mut config = aws_sdk_sqs::config::Builder::from(aws)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(trace) = trace() {
        config.push_interceptor(trace);
    }
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// Why a request to Step Functions or SQS failed.
pub fn failure<E: ProvideErrorMetadata + Debug, R: Debug>(service: &str, error: &SdkError<E, R>) -> Failure {
    service_failure(service, RETRYABLE, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;

    fn told(code: &str) -> Failure {
        failure::<_, ()>("SQS", &SdkError::service_error(ErrorMetadata::builder().code(code).build(), ()))
    }

    #[test]
    fn errors_keep_their_kind() {
        assert!(matches!(told("ThrottlingException"), Failure::Busy(_)));
        assert!(matches!(told("ServiceUnavailable"), Failure::Unknown(_)));
        assert!(matches!(told("AWS.SimpleQueueService.NonExistentQueue"), Failure::Broken(_)));
        let silence = SdkError::<ErrorMetadata, ()>::timeout_error("3 s");
        assert!(
            matches!(failure("SQS", &silence), Failure::Unknown(why) if why.starts_with("SQS unreachable"))
        );
    }
}
