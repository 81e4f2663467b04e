//! What the SDK's errors mean: retry, retry although it may have taken effect, or look into it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use scrip_refusal::Failure;
use std::fmt::Debug;

/// Error codes of DynamoDB after which the same request may succeed.
const RETRYABLE: &[&str] = &[
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];
/// Those after which a write may have taken effect or not.
const UNKNOWN: &[&str] = &["InternalFailure", "InternalServerError", "ServiceUnavailable"];

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            Failure::Unknown(format!("store unreachable: {error:?}"))
        }
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown");
            let text = format!("{code}: {}", service.err().message().unwrap_or_default());
            if RETRYABLE.contains(&code) {
                Failure::Busy(text)
            } else if UNKNOWN.contains(&code) {
                Failure::Unknown(text)
            } else {
                Failure::Broken(text)
            }
        }
        _ => Failure::Broken(format!("{error:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;

    fn told(code: &str) -> Failure {
        from_sdk::<_, ()>(SdkError::service_error(ErrorMetadata::builder().code(code).build(), ()))
    }

    #[test]
    fn what_may_have_taken_effect_is_told_from_what_has_not() {
        for code in RETRYABLE {
            assert!(matches!(told(code), Failure::Busy(_)), "{code}");
        }
        for code in UNKNOWN {
            assert!(matches!(told(code), Failure::Unknown(_)), "{code}");
        }
        assert!(matches!(told("ValidationException"), Failure::Broken(_)));
        let silence = SdkError::<ErrorMetadata, ()>::timeout_error("3 s");
        assert!(matches!(from_sdk(silence), Failure::Unknown(_)));
    }
}
