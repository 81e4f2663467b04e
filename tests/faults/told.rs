//! What somebody is told, in a form in which two runs are the same.

use super::effects::alike;
use scrip_function::EventError;
use scrip_test_support::Answer;
use serde_json::{Value, json};

/// What a caller is told, without what differs between runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub outcome: Outcome,
    pub body: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was to be told, by its status.
    Answer(u16),
    /// To come again.
    Busy,
    /// A fault.
    Broken,
}

impl Told {
    /// What a request is answered with.
    pub fn of_answer(answer: &Answer) -> Self {
        let outcome = match answer.status {
            503 => Outcome::Busy,
            500 => Outcome::Broken,
            status => Outcome::Answer(status),
        };
        Self { outcome, body: alike(&answer.body) }
    }

    /// What an event function answers. One that names messages or records to be sent again is to come again.
    pub fn of_event(answer: Result<Value, EventError>) -> Self {
        let (outcome, body) = match answer {
            Ok(report) if report["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty()) => {
                (Outcome::Busy, report)
            }
            Ok(answer) => (Outcome::Answer(200), answer),
            Err(error) if error.error_type == "Transient" => (Outcome::Busy, json!(error.message)),
            Err(error) if error.error_type == "Refused" => (Outcome::Answer(422), json!(error.message)),
            Err(error) => (Outcome::Broken, json!(error.message)),
        };
        Self { outcome, body: alike(&body) }
    }
}
