//! What an idempotency key was used for, where the ledger does not tell: a decline that was counted, or a transfer in
//! which no money moved. It stands in the same transaction as its effect.

use crate::limits::DECLINE_KEPT_DAYS;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_offline::DeclineCause;
use scrip_refusal::{Code, Refusal};
use scrip_store::{Key, Origin};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyUse {
    /// The id that the key gives to a transfer.
    pub id: String,
    /// The hash of the request.
    pub request_hash: String,
    /// The receipt of a transfer in which no money moved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
    /// The reason that the terminal was told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The cause, for the operator of the wallet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// When a decline is forgotten, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ttl: Option<i64>,
}

impl KeyUse {
    pub(crate) fn key(id: &str) -> Key {
        Key::new(format!("KEY#{id}"), "KEY")
    }

    pub(crate) fn declined(
        id: &str,
        (reason, cause): (Code, DeclineCause),
        origin: &Origin,
        now: Timestamp,
    ) -> Self {
        Self {
            reason: Some(reason.as_str().to_owned()),
            cause: Some(cause.as_str().to_owned()),
            ttl: Some((now + SignedDuration::from_hours(24 * DECLINE_KEPT_DAYS)).as_second()),
            ..Self::of(id, origin, now)
        }
    }

    pub(crate) fn unpaid(id: &str, receipt: &str, origin: &Origin, now: Timestamp) -> Self {
        Self { receipt: Some(receipt.to_owned()), ..Self::of(id, origin, now) }
    }

    fn of(id: &str, origin: &Origin, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            request_hash: origin.fingerprint.as_str().to_owned(),
            receipt: None,
            reason: None,
            cause: None,
            at: now.as_millisecond(),
            ttl: None,
        }
    }

    /// The same refusal again, if it was one and of the same request.
    pub(crate) fn refusal(&self, origin: &Origin) -> Refusal {
        let reason = self.reason.as_deref();
        let code = Code::ALL.iter().find(|code| Some(code.as_str()) == reason);
        match code {
            Some(code) if origin.fingerprint.is(&self.request_hash) => declined(*code),
            _ => key_reused(),
        }
    }
}

/// What a terminal is told of a payer who can't pay this way.
pub(crate) fn declined(reason: Code) -> Refusal {
    let detail = match reason {
        Code::CodeNotAccepted => "The payer's code does not pay here and now. Ask for another one.",
        other => other.meaning(),
    };
    Refusal::new(reason, detail)
}

pub(crate) fn key_reused() -> Refusal {
    let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
    Refusal::new(Code::IdempotencyKeyReused, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_store::{Fingerprint, IdempotencyKey};

    #[test]
    fn a_decline_is_repeated_for_the_same_request_alone() {
        let origin = |request: &[u8]| Origin {
            principal: "device:dev_1".to_owned(),
            operation: "transfer-deduction".to_owned(),
            key: IdempotencyKey::internal("k"),
            fingerprint: Fingerprint::of(&[request]),
        };
        let why = (Code::CodeNotAccepted, DeclineCause::CodeUsed);
        let declined = KeyUse::declined("txn_1", why, &origin(b"a"), Timestamp::UNIX_EPOCH);
        assert_eq!(
            (declined.reason.as_deref(), declined.cause.as_deref(), declined.ttl),
            (Some("code-not-accepted"), Some("code-used"), Some(90 * 86_400))
        );
        assert_eq!(declined.refusal(&origin(b"a")).code, Code::CodeNotAccepted);
        assert_eq!(declined.refusal(&origin(b"b")).code, Code::IdempotencyKeyReused);
        let unpaid = KeyUse::unpaid("txn_1", "rcpt_1", &origin(b"a"), Timestamp::UNIX_EPOCH);
        assert_eq!((unpaid.receipt.as_deref(), unpaid.ttl), (Some("rcpt_1"), None));
        assert_eq!(unpaid.refusal(&origin(b"a")).code, Code::IdempotencyKeyReused);
    }
}
