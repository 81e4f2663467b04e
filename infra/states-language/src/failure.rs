//! What goes wrong while an execution runs, under the error names of the Amazon States Language (its appendix A).

use crate::limits::{PAYLOAD_MAX_BYTES, VALUE_MAX_DEPTH};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Matches any error that is not terminal.
pub(crate) const ALL: &str = "States.ALL";
/// Matches any error that is not terminal, except a timeout.
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
pub(crate) const NO_CHOICE: &str = "States.NoChoiceMatched";
pub(crate) const QUERY: &str = "States.QueryEvaluationError";

/// Why a task failed, as `Retry` and `Catch` see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The error's name, which `ErrorEquals` is compared with.
    pub error: String,
    pub cause: String,
}

/// An error on its way up through the states; either half may be absent, as `Fail` allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()) }
    }

    pub(crate) fn name(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }

    /// `$states.errorOutput`.
    pub(crate) fn output(&self) -> Value {
        let mut output = json!({});
        if let Some(error) = &self.error {
            output["Error"] = json!(error);
        }
        if let Some(cause) = &self.cause {
            output["Cause"] = json!(cause);
        }
        output
    }
}

impl From<TaskError> for Failure {
    fn from(TaskError { error, cause }: TaskError) -> Self {
        Self { error: Some(error), cause: Some(cause) }
    }
}

/// Whether `ErrorEquals` names the error.
///
/// `States.DataLimitExceeded` is matched by its own name alone and `States.Runtime` by nothing (Step Functions
/// Developer Guide, "Error names").
pub(crate) fn matches(error_equals: &[String], error: &str) -> bool {
    error != RUNTIME
        && error_equals.iter().any(|name| match name.as_str() {
            ALL => error != DATA_LIMIT,
            TASK_FAILED => error != DATA_LIMIT && error != TIMEOUT,
            name => name == error,
        })
}

/// Refuses a value that is too large or too deep to be handed on.
pub(crate) fn fits(value: &Value, what: &str) -> Result<(), Failure> {
    if deeper_than(value, VALUE_MAX_DEPTH) {
        return Err(Failure::new(DATA_LIMIT, format!("{what} nests deeper than {VALUE_MAX_DEPTH} levels")));
    }
    if value.to_string().len() > PAYLOAD_MAX_BYTES {
        return Err(Failure::new(DATA_LIMIT, format!("{what} is larger than {PAYLOAD_MAX_BYTES} bytes")));
    }
    Ok(())
}

fn deeper_than(value: &Value, depth: usize) -> bool {
    let Some(below) = depth.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper_than(item, below)),
        Value::Object(fields) => fields.values().any(|field| deeper_than(field, below)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_equals_follows_the_table() {
        let cases = [
            ("States.ALL", "Custom", true),
            ("States.ALL", TIMEOUT, true),
            ("States.ALL", QUERY, true),
            ("States.ALL", DATA_LIMIT, false),
            ("States.ALL", RUNTIME, false),
            ("States.TaskFailed", "Custom", true),
            ("States.TaskFailed", QUERY, true),
            ("States.TaskFailed", TIMEOUT, false),
            ("States.TaskFailed", DATA_LIMIT, false),
            ("States.Timeout", TIMEOUT, true),
            ("States.DataLimitExceeded", DATA_LIMIT, true),
            ("States.Runtime", RUNTIME, false),
            ("Custom", "Custom", true),
            ("custom", "Custom", false),
            ("Custom", "Custom.More", false),
        ];
        for (name, error, expected) in cases {
            assert_eq!(matches(&["Other".into(), name.into()], error), expected, "{name} against {error}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth| (0..depth).fold(json!(1), |value, _| json!([value]));
        assert!(fits(&nested(VALUE_MAX_DEPTH), "x").is_ok());
        assert_eq!(fits(&nested(VALUE_MAX_DEPTH + 1), "x").unwrap_err().name(), DATA_LIMIT);
        assert!(fits(&json!("a".repeat(PAYLOAD_MAX_BYTES - 2)), "x").is_ok());
        assert_eq!(fits(&json!("a".repeat(PAYLOAD_MAX_BYTES - 1)), "x").unwrap_err().name(), DATA_LIMIT);
    }
}
