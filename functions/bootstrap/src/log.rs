//! Lines for `CloudWatch`, which reads each line of the standard output as one entry.

use scrip_function::{Line, Log};
use serde_json::{Value, json};
use std::error::Error;
use std::io::{self, Write};
use std::iter::successors;

/// The standard output.
pub(crate) struct StandardOutput;

impl Log for StandardOutput {
    fn write(&self, line: &Line<'_>) {
        write(&line.to_json());
    }
}

/// Says what went wrong where no function could be asked.
pub(crate) fn fault(operation: &str, why: &str) {
    write(&json!({ "level": "error", "operation": operation, "outcome": "internal", "detail": why }));
}

fn write(line: &Value) {
    let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}

/// What went wrong: the errors around it only say that a request failed.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    successors(Some(error), |error| (*error).source()).last().map_or_else(String::new, ToString::to_string)
}
