//! The table at the end.

use crate::figures::milliseconds;
use crate::load::Times;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

const HEAD: [&str; 4] = ["what", "measured", "target", ""];

/// What was measured, in order.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<[String; 4]>,
    notes: Vec<String>,
}

impl Report {
    /// A figure that informs.
    pub(crate) fn figure(&mut self, what: &str, measured: &str) {
        self.rows.push([what.to_owned(), measured.to_owned(), String::new(), String::new()]);
    }

    /// A figure with a target.
    pub(crate) fn target(&mut self, what: &str, measured: &str, target: &str, met: bool) {
        let verdict = if met { "met" } else { "missed" };
        self.rows.push([what, measured, target, verdict].map(str::to_owned));
    }

    /// The p50 and p99 of each kind of request, below the figure that they belong to.
    pub(crate) fn latencies(&mut self, times: &Times) {
        for (kind, p50, p99) in times.percentiles() {
            let times = format!("{}, {}", milliseconds(p50), milliseconds(p99));
            self.figure(&format!("  {kind}: p50, p99"), &times);
        }
    }

    /// What could not be measured, and why.
    pub(crate) fn not_measured(&mut self, what: &str, why: &str) {
        self.rows.push([what, "not measured", "", ""].map(str::to_owned));
        self.notes.push(format!("{what}: {why}"));
    }

    /// What a reader must know to understand a figure.
    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Writes the table and the notes.
    pub(crate) fn print(&self, data: &Path, quick: bool) -> io::Result<()> {
        let mut text = format!(
            "Scrip {} on {} processors, {} build, data in {}\n",
            env!("CARGO_PKG_VERSION"),
            std::thread::available_parallelism().map_or(0, usize::from),
            if cfg!(debug_assertions) { "DEBUG" } else { "release" },
            data.canonicalize()?.display(),
        );
        if quick {
            text.push_str("A quick run: it shows that it works, not how fast.\n");
        }
        text.push('\n');
        text.push_str(&self.table());
        for note in &self.notes {
            let _ = writeln!(text, "\n* {note}");
        }
        io::stdout().lock().write_all(text.as_bytes())
    }

    pub(crate) fn table(&self) -> String {
        let head = HEAD.map(str::to_owned);
        let width = |column: usize| {
            let all = std::iter::once(&head).chain(&self.rows);
            all.map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let [what, measured, target] = [0, 1, 2].map(width);
        let mut text = String::new();
        let mut line = |row: &[String; 4]| {
            let line = format!("{:<what$}  {:>measured$}  {:<target$}  {}", row[0], row[1], row[2], row[3]);
            let _ = writeln!(text, "{}", line.trim_end());
        };
        line(&head);
        line(&[what, measured, target, 6].map(|width| "-".repeat(width)));
        self.rows.iter().for_each(line);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_says_what_was_missed() {
        let mut report = Report::default();
        report.figure("transfers", "900/s");
        report.target("ratio", "0.60", "≥ 0.70", false);
        report.target("start", "1 ms", "< 300 ms", true);
        let expected = "\
what       measured  target\n\
---------  --------  --------  ------\n\
transfers     900/s\n\
ratio          0.60  ≥ 0.70    missed\n\
start          1 ms  < 300 ms  met\n";
        assert_eq!(report.table(), expected);
    }
}
