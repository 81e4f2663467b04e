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

/// Why a request to a service of AWS failed: by the service's own word, of which these tell that the same request may
/// succeed, or since no answer came, so that it may have taken effect.
pub fn service_failure<E, R>(service: &str, retryable: &[&str], error: &SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    match error {
        SdkError::ServiceError(error) => {
            let code = error.err().code().unwrap_or("unknown");
            let text = format!("{code}: {}", error.err().message().unwrap_or_default());
            if retryable.contains(&code) {
                Failure::Busy(text)
            } else if UNKNOWN.contains(&code) {
                Failure::Unknown(text)
            } else {
                Failure::Broken(text)
            }
        }
        SdkError::ConstructionFailure(_) => Failure::Broken(format!("{error:?}")),
        _ => Failure::Unknown(format!("{service} unreachable: {error:?}")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    service_failure("store", RETRYABLE, &error)
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
        let request = SdkError::<ErrorMetadata, ()>::construction_failure("no table");
        assert!(matches!(from_sdk(request), Failure::Broken(_)), "what was never sent had no effect");
        let silence = SdkError::<ErrorMetadata, ()>::timeout_error("3 s");
        assert!(matches!(from_sdk(silence), Failure::Unknown(_)));
    }
}
