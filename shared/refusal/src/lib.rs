//! The one vocabulary of what can go wrong, for all capabilities. It knows no HTTP: `scrip-http` maps it.

mod code;

pub use code::Code;

use serde_json::{Map, Value};
use std::fmt;

/// Why a request is refused: a stable code, a sentence for the caller, and the facts that go with the code.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The stable, unique code.
    pub code: Code,
    /// What to do about it, for the caller. Never holds a secret, a code, a PIN or a token.
    pub detail: String,
    /// Members of the answer beside the standard ones, such as `current` or `attempts_left`.
    pub facts: Map<String, Value>,
    /// What is wrong with single fields.
    pub fields: Vec<FieldError>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) to the field.
    pub pointer: String,
    /// The stable code.
    pub code: Code,
    /// What is expected.
    pub detail: String,
}

impl Refusal {
    /// A refusal with nothing but its code and a sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), facts: Map::new(), fields: Vec::new() }
    }

    /// The same with one fact more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// A refusal of one field.
    pub fn field(pointer: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mut refusal = Self::new(
            Code::InvalidRequest,
            "Correct the fields listed in errors and send the request again.",
        );
        refusal.fields.push(FieldError { pointer: pointer.into(), code, detail });
        refusal
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// What a caller is told who may send a request again that the store was too busy for.
pub const SEND_AGAIN: &str = "Send the same request with the same Idempotency-Key again.";

/// How an operation fails. The kind decides what happens next: a refusal is told, what changed is read and judged anew,
/// a busy store is retried, of what is unknown the repeated request tells, what is broken is logged and looked at.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A rule says no. Repeating the request gets the same answer.
    Refused(Box<Refusal>),
    /// What was read had changed before it was written, and no rule is against it: the operation may succeed if it
    /// reads and judges again. The text is for the caller, if it changes each time.
    Changed(&'static str),
    /// Throttled, in conflict or out of time, and nothing happened. Repeating the request is safe and may succeed.
    Busy(String),
    /// Whether it took effect is not known: an answer was lost, or did not come in time. Repeating the request is safe, and
    /// tells. The text is for the log.
    Unknown(String),
    /// A fault of ours or of the store. The text is for the log alone.
    Broken(String),
}

impl Failure {
    /// Wraps what must not happen with the words for the log.
    pub fn broken(what: impl fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }

    /// The refusal's code, if it is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Changed(_) | Self::Busy(_) | Self::Unknown(_) | Self::Broken(_) => None,
        }
    }

    /// Whether the same request may succeed when it is sent again.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Changed(_) | Self::Busy(_) | Self::Unknown(_))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Changed(what) => write!(f, "changed: {what}"),
            Self::Busy(why) => write!(f, "busy: {why}"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
            Self::Broken(why) => write!(f, "broken: {why}"),
        }
    }
}

impl std::error::Error for Failure {}
