//! What the SDK's errors mean: retry, or look into it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use scrip_refusal::Failure;
use std::fmt::Debug;

/// Error codes of DynamoDB after which the same request may succeed.
const RETRYABLE: &[&str] = &[
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            Failure::Busy(format!("store unreachable: {error:?}"))
        }
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown");
            let text = format!("{code}: {}", service.err().message().unwrap_or_default());
            if RETRYABLE.contains(&code) { Failure::Busy(text) } else { Failure::Broken(text) }
        }
        _ => Failure::Broken(format!("{error:?}")),
    }
}
