//! Log lines, one for each invocation.

use scrip_function::{Level, Line, Log};
use std::io::{self, Write};

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}

/// Writes to the standard error output.
#[derive(Clone, Copy, Debug)]
pub struct StandardLog(pub Format);

impl Log for StandardLog {
    fn write(&self, line: &Line<'_>) {
        let text = match self.0 {
            Format::Json => line.to_json().to_string(),
            Format::Text => text(line),
        };
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

fn text(line: &Line<'_>) -> String {
    let level = match line.level {
        Level::Info => "info ",
        Level::Error => "error",
    };
    let status = line.status.map_or_else(|| "  -".to_owned(), |status| status.to_string());
    let microseconds = line.duration.as_micros();
    let (milliseconds, tenth) = (microseconds / 1_000, microseconds % 1_000 / 100);
    let mut text = format!(
        "{} {level} {status} {:<22} {:<8} {:<24} {milliseconds}.{tenth} ms, {} round trips, request {}",
        line.time, line.operation, line.principal, line.outcome, line.usage.round_trips, line.request_id
    );
    if let Some(detail) = line.detail {
        text.push_str(": ");
        text.push_str(&detail.replace(char::is_control, " "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_clock::Timestamp;
    use std::time::Duration;

    #[test]
    fn a_line_is_one_line() {
        let line = Line {
            level: Level::Error,
            time: Timestamp::UNIX_EPOCH,
            request_id: "r1",
            operation: "open-bill",
            principal: "user",
            outcome: "internal",
            status: Some(500),
            duration: Duration::from_micros(12_345),
            usage: scrip_store::Usage::default(),
            accesses: &std::collections::BTreeSet::new(),
            detail: Some("one\ntwo"),
        };
        let text = text(&line);
        assert!(text.starts_with("1970-01-01T00:00:00Z error 500 open-bill "), "{text}");
        assert!(text.ends_with("12.3 ms, 0 round trips, request r1: one two"), "{text}");
    }
}
