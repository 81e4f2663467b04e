//! One execution as it is stored.

use crate::engine::EngineError;
use crate::interpreter::{Left, Verdict};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It has not ended.
    Running,
    /// It ended with an output.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It took longer than the machine's `TimeoutSeconds`.
    TimedOut,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut];

    /// The status as Step Functions writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A row of `executions`; JSON values are still text.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) machine: String,
    pub(crate) name: String,
    pub(crate) run: String,
    pub(crate) definition: i64,
    pub(crate) status: Status,
    pub(crate) input: String,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) started: i64,
    pub(crate) stopped: Option<i64>,
    pub(crate) continuation: Option<String>,
}

pub(crate) const SELECT: &str =
    "SELECT id, machine, name, definition, status, input, output, error, cause, started,
    stopped, continuation, run FROM executions";

impl Stored {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let status: String = row.get(4)?;
        Ok(Self {
            id: row.get(0)?,
            machine: row.get(1)?,
            name: row.get(2)?,
            definition: row.get(3)?,
            status: Status::parse(&status).ok_or_else(|| {
                rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, status.into())
            })?,
            input: row.get(5)?,
            output: row.get(6)?,
            error: row.get(7)?,
            cause: row.get(8)?,
            started: row.get(9)?,
            stopped: row.get(10)?,
            continuation: row.get(11)?,
            run: row.get(12)?,
        })
    }
}

/// What a turn leaves to be stored.
pub(crate) struct Saved {
    pub(crate) id: i64,
    /// Whether it is of an Express machine.
    pub(crate) is_express: bool,
    pub(crate) verdict: Verdict,
    pub(crate) left: Vec<Left>,
    pub(crate) continuation: String,
    pub(crate) due: Option<i64>,
    pub(crate) in_flight: usize,
    pub(crate) now: i64,
}

impl Saved {
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), EngineError> {
        let mut insert = connection.prepare_cached(
            "INSERT INTO states (execution, sequence, state, entered, exited, exit, next)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for left in &self.left {
            let exit = left.exit.to_string();
            insert.execute(params![
                self.id,
                left.sequence,
                left.state,
                left.entered,
                self.now,
                exit,
                left.next
            ])?;
        }
        let (status, output, failure) = match &self.verdict {
            Verdict::Running => {
                let in_flight = i64::try_from(self.in_flight).unwrap_or(i64::MAX);
                connection
                    .prepare_cached(
                        "UPDATE executions SET continuation = ?2, due = ?3, in_flight = ?4 WHERE id = ?1",
                    )?
                    .execute(params![self.id, self.continuation, self.due, in_flight])?;
                return Ok(());
            }
            Verdict::Succeeded(output) => (Status::Succeeded, Some(output.to_string()), None),
            Verdict::Failed(failure) => (Status::Failed, None, Some(failure)),
            Verdict::TimedOut(failure) => (Status::TimedOut, None, Some(failure)),
        };
        let error = failure.and_then(|failure| failure.error.as_ref());
        let cause = failure.and_then(|failure| failure.cause.as_ref());
        connection
            .prepare_cached(
                "UPDATE executions SET status = ?2, output = ?3, error = ?4, cause = ?5, stopped = ?6,
                    continuation = NULL, due = NULL, in_flight = 0 WHERE id = ?1",
            )?
            .execute(params![self.id, status.as_str(), output, error, cause, self.now])?;
        Ok(())
    }
}
