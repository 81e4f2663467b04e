//! One line for each invocation. It never holds a body, a secret, a code, a PIN or a token.

use scrip_clock::Timestamp;
use scrip_store::{Access, Usage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// How urgent a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All is as it should be, refusals included.
    Info,
    /// Somebody should look.
    Error,
}

/// What is written of an invocation.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// How urgent it is.
    pub level: Level,
    /// When it ended.
    pub time: Timestamp,
    /// The request's id, which the caller has too.
    pub request_id: &'a str,
    /// The function.
    pub operation: &'a str,
    /// The kind of caller.
    pub principal: &'a str,
    /// `ok`, or the code of the problem.
    pub outcome: &'a str,
    /// The HTTP status, where there is one.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    /// What it used of the store.
    pub usage: Usage,
    /// What it did to which table. Not written: it is for the test that holds the policies to it.
    pub accesses: &'a BTreeSet<Access>,
    /// What the caller is not told.
    pub detail: Option<&'a str>,
}

/// Where lines go.
pub trait Log: Send + Sync {
    /// Writes one line. A log that can't be written is no reason to fail.
    fn write(&self, line: &Line<'_>);
}

impl Line<'_> {
    /// The line as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "level": match self.level { Level::Info => "info", Level::Error => "error" },
            "time": self.time.to_string(),
            "request_id": self.request_id,
            "operation": self.operation,
            "principal": self.principal,
            "outcome": self.outcome,
            "status": self.status,
            "duration_us": u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX),
            "round_trips": self.usage.round_trips,
            "read_half_units": self.usage.read_half_units,
            "write_half_units": self.usage.write_half_units,
            "index_write_half_units": self.usage.index_write_half_units,
            "detail": self.detail,
        })
    }
}
