//! Lines for `CloudWatch`, which reads each line of the standard output as one entry.

use scrip_function::{Line, Log};
use serde::Serialize;
use serde_json::json;
use std::error::Error;
use std::io::{self, Write};
use std::iter::successors;

/// What most lines take less than.
const LINE_BYTES: usize = 1_024;

/// The standard output.
pub(crate) struct StandardOutput;

impl Log for StandardOutput {
    fn write(&self, line: &Line<'_>) {
        write(line);
    }
}

/// Says what went wrong where no function could be asked.
pub(crate) fn fault(operation: &str, why: &str) {
    write(&json!({ "level": "error", "operation": operation, "outcome": "internal", "detail": why }));
}

/// A line goes out in one piece, so that no other comes in between.
fn write(line: &impl Serialize) {
    let mut text = Vec::with_capacity(LINE_BYTES);
    if serde_json::to_writer(&mut text, line).is_ok() {
        text.push(b'\n');
        let _ = io::stdout().lock().write_all(&text);
    }
}

/// What went wrong: the errors around it only say that a request failed.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    successors(Some(error), |error| (*error).source()).last().map_or_else(String::new, ToString::to_string)
}
