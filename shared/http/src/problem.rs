//! Problem documents (RFC 9457): the one place where what goes wrong becomes a status.

use crate::reply::Response;
use bytes::Bytes;
use scrip_refusal::{Code, Failure, Refusal, SEND_AGAIN};
use serde_json::{Map, Value, json};

/// Seconds after which a busy store may be asked again.
const BUSY_RETRY_AFTER_SECONDS: u64 = 1;

/// What goes wrong, as the caller is told and as the log is told.
#[derive(Clone, Debug)]
pub struct Problem {
    refusal: Refusal,
    log_detail: Option<String>,
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> Code {
        self.refusal.code
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let Self { refusal, log_detail } = self;
        let code = refusal.code;
        let mut headers = vec![("content-type", "application/problem+json".to_owned())];
        if let Some(seconds) = retry_after_seconds(&refusal) {
            headers.push(("retry-after", seconds.to_string()));
        }
        if code == Code::Unauthenticated {
            headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        let body = Bytes::from(document(refusal, request_id).to_string());
        Response { status: status(code), headers, body, outcome: code.as_str(), reason: None, log_detail }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, log_detail: None }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => (*refusal).into(),
            Failure::Changed(detail) => Self {
                refusal: Refusal::new(Code::Busy, detail),
                log_detail: Some("what was read had changed before it was written".to_owned()),
            },
            Failure::Busy(_) | Failure::Unknown(_) => {
                Self { refusal: Refusal::new(Code::Busy, SEND_AGAIN), log_detail: Some(failure.to_string()) }
            }
            Failure::Broken(why) => Self {
                refusal: Refusal::new(
                    Code::Internal,
                    "This is our fault. Name the request id when you report it.",
                ),
                log_detail: Some(why),
            },
        }
    }
}

fn document(refusal: Refusal, request_id: &str) -> Value {
    let code = refusal.code;
    let mut document = Map::new();
    document.insert("type".into(), json!(format!("urn:scrip:problem:{code}")));
    document.insert("title".into(), json!(title(code)));
    document.insert("status".into(), json!(status(code)));
    document.insert("detail".into(), json!(refusal.detail));
    document.insert("code".into(), json!(code));
    document.insert("request_id".into(), json!(request_id));
    if !refusal.fields.is_empty() {
        document.insert("errors".into(), json!(refusal.fields));
    }
    document.extend(refusal.facts);
    Value::Object(document)
}

fn retry_after_seconds(refusal: &Refusal) -> Option<u64> {
    match refusal.code {
        Code::Busy => Some(BUSY_RETRY_AFTER_SECONDS),
        _ => refusal.facts.get("retry_after_seconds")?.as_u64(),
    }
}

/// The HTTP status of a code: 422 for what is well-formed but refused by a rule, which most of them say.
pub const fn status(code: Code) -> u16 {
    match code {
        Code::MalformedJson
        | Code::IdempotencyKeyMissing
        | Code::IdempotencyKeyInvalid
        | Code::InvalidRequest
        | Code::UnknownField
        | Code::MissingField
        | Code::InvalidField
        | Code::OutOfRange
        | Code::TooMany
        | Code::AmountNotPositive
        | Code::UnknownCurrency
        | Code::InvalidCursor
        | Code::CardNumberRefused => 400,
        Code::Unauthenticated | Code::BodyHashMismatch => 401,
        Code::WrongRole => 403,
        Code::RouteNotFound | Code::NotFound => 404,
        Code::MethodNotAllowed => 405,
        Code::AlreadyExists
        | Code::BillNotOpen
        | Code::BillNotAwaitingVerification
        | Code::BillNotEmpty
        | Code::RemovalWindowOver
        | Code::VersionStale
        | Code::RuleVersionStale
        | Code::DeductionMismatch
        | Code::VerificationRequestStale
        | Code::TransactionDeclined
        | Code::TransactionReversed
        | Code::TransactionSettled
        | Code::AlreadyRedeemed
        | Code::CouponPooled
        | Code::CouponReserved
        | Code::ReservationLapsed
        | Code::NotRedeemed
        | Code::AlreadyReversed
        | Code::ReversalWindowOver
        | Code::RewardUsed
        | Code::RequestNotOpen
        | Code::ShareSettled => 409,
        Code::BodyTooLarge => 413,
        Code::PinLocked | Code::TooManyRequests | Code::RemindedRecently => 429,
        Code::Internal => 500,
        Code::Busy => 503,
        _ => 422,
    }
}

/// The code in words: the same for every problem of the code (RFC 9457, section 3.1.3).
pub fn title(code: Code) -> String {
    let words = code.as_str().replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_of_rfc_9457_and_its_facts() {
        let refusal = Refusal::new(Code::BillNotOpen, "The bill is settled.").with("current", "settled");
        let response = Problem::from(refusal).into_response("r1");
        let document: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(response.status, 409);
        assert_eq!(
            document,
            json!({
                "type": "urn:scrip:problem:bill-not-open", "title": "Bill not open", "status": 409,
                "detail": "The bill is settled.", "code": "bill-not-open", "request_id": "r1", "current": "settled",
            })
        );
    }

    #[test]
    fn faults_tell_the_log_and_not_the_caller() {
        let response = Problem::from(Failure::broken("table scrip-ledger is gone")).into_response("r1");
        assert_eq!(response.status, 500);
        assert!(!String::from_utf8_lossy(&response.body).contains("ledger"));
        assert_eq!(response.log_detail.as_deref(), Some("table scrip-ledger is gone"));
    }

    #[test]
    fn what_keeps_changing_is_told_as_busy() {
        let response = Problem::from(Failure::Changed("The bill is changing.")).into_response("r1");
        let document: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!((response.status, &document["code"]), (503, &json!("busy")));
        assert_eq!(document["detail"], "The bill is changing.");
        assert!(response.headers.contains(&("retry-after", "1".to_owned())));
    }

    #[test]
    fn who_should_wait_is_told_how_long() {
        let locked = Refusal::new(Code::PinLocked, "Wait.").with("retry_after_seconds", 900);
        let response = Problem::from(locked).into_response("r1");
        assert_eq!(response.status, 429);
        assert!(response.headers.contains(&("retry-after", "900".to_owned())));
    }
}
