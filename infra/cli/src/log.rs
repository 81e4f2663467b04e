//! Log lines, one for each invocation.

use scrip_function::{Level, Line, Log, Measures};
use std::fmt::Write as _;
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
            Format::Json => serde_json::to_string(line).unwrap_or_default(),
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
    let mut text = format!(
        "{} {level} {status} {:<22} {:<8} {:<24} ",
        line.time, line.operation, line.principal, line.outcome
    );
    if let Some(Measures { duration, store }) = line.measures {
        let microseconds = duration.as_micros();
        let milliseconds = microseconds / 1_000;
        let tenth = microseconds % 1_000 / 100;
        let round_trips = store.usage().round_trips;
        let _ = write!(text, "{milliseconds}.{tenth} ms, {round_trips} round trips, ");
    }
    let _ = write!(text, "request {}", line.request_id);
    if !line.causes.is_empty() {
        let _ = write!(text, ", caused by {}", line.causes.join(" "));
    }
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
    use scrip_store::Meter;
    use std::time::Duration;

    #[test]
    fn a_log_line_is_one_line_whatever_its_detail() {
        let store = Meter::default();
        let causes = ["r0".to_owned(), "r2".to_owned()];
        let line = Line {
            level: Level::Error,
            time: Timestamp::UNIX_EPOCH,
            environment: "local",
            request_id: "r1",
            causes: &[],
            operation: "open-bill",
            principal: "user",
            outcome: "internal",
            status: Some(500),
            measures: Some(Measures { duration: Duration::from_micros(12_345), store: &store }),
            counts: &[],
            reason: None,
            detail: Some("one\ntwo"),
        };
        let told = text(&line);
        assert!(told.starts_with("1970-01-01T00:00:00Z error 500 open-bill "), "{told}");
        assert!(told.ends_with("12.3 ms, 0 round trips, request r1: one two"), "{told}");

        let told = text(&Line { status: None, measures: None, causes: &causes, ..line });
        assert!(told.ends_with("internal                 request r1, caused by r0 r2: one two"), "{told}");
    }
}
