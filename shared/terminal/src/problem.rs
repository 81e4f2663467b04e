//! Refusals as the server tells them (RFC 9457).

use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// A refusal: the server has judged the request and done nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code, such as `deduction-mismatch`.
    pub code: String,
    /// What to do about it, for people.
    #[serde(default)]
    pub detail: String,
    /// What else is told: `current`, `errors`, figures and steps.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// Why there is no answer to go on with.
#[derive(Clone, Debug, PartialEq)]
pub enum CallError {
    /// Nothing reached the server, so nothing happened.
    Unreachable(String),
    /// The request may have been done. Sending the same again finds out, and does it once at most.
    OutcomeUnknown(String),
    /// The server refuses.
    Refused(Box<Problem>),
}

impl CallError {
    /// The problem, if the server refuses with this code.
    pub fn refusal(&self, code: &str) -> Option<&Problem> {
        match self {
            Self::Refused(problem) if problem.code == code => Some(problem),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        for error in self.facts.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            write!(f, " [{} {}: {}]", text("pointer"), text("code"), text("detail"))?;
        }
        Ok(())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the server can't be reached, nothing happened: {why}"),
            Self::OutcomeUnknown(why) => write!(f, "the outcome is unknown: {why}"),
            Self::Refused(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}
