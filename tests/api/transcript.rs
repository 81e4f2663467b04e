//! Several answers of one operation, one below the other.

use scrip_test_support::Answer;
use std::fmt::Write;

#[derive(Default)]
pub struct Transcript(String);

impl Transcript {
    /// Notes what was done and what was answered.
    pub fn note(&mut self, what: &str, answer: &Answer) {
        let _ = write!(self.0, "# {what}\n{}\n\n", answer.snapshot());
    }
}

impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
