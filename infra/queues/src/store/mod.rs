//! The file that messages live in. Every call is one transaction: it has happened, or it has not.

mod messages;
mod survey;

pub(crate) use messages::{Hiding, Message, NewMessage, Receive, message_id};
pub(crate) use survey::Counts;

use crate::spec::Specs;
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::PathBuf;
use std::time::Duration;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where messages are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In a file that is synced with every acknowledgement: it survives the loss of power.
    File(PathBuf),
    /// In a file that the system writes back when it likes: it survives the process, for tests.
    UnsyncedFile(PathBuf),
    /// In memory: it goes with the process.
    Memory,
}

/// A message is hidden until `visible_from`. `receipt` is that of the last receive; a message that was never
/// received from the queue it is in has none. `receives` counts over all queues, `receives_here` in this one.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    declared TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    system_attributes TEXT NOT NULL,
    size INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    visible_from INTEGER NOT NULL,
    received INTEGER,
    first_received INTEGER,
    receives INTEGER NOT NULL DEFAULT 0,
    receives_here INTEGER NOT NULL DEFAULT 0,
    receipt TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_from, sequence);
CREATE INDEX IF NOT EXISTS messages_by_age ON messages (queue, sent);
CREATE INDEX IF NOT EXISTS messages_received ON messages (queue, visible_from) WHERE receives_here > 0;
";

pub(crate) struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the file, notes which queues are declared now and drops what was kept for long enough. Messages of
    /// queues that are no longer declared stay.
    pub(crate) fn open(storage: &Storage, specs: &Specs, now: i64) -> rusqlite::Result<Self> {
        let mut connection = match storage {
            Storage::File(path) | Storage::UnsyncedFile(path) => Connection::open(path)?,
            Storage::Memory => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        let synchronous = if matches!(storage, Storage::File(_)) { "FULL" } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;

        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(SCHEMA)?;
        for spec in specs.values() {
            transaction.execute(
                "INSERT INTO queues (name, created, modified, declared) VALUES (?1, ?2, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET modified = ?2, declared = ?3 WHERE declared <> ?3",
                params![spec.name, now, format!("{spec:?}")],
            )?;
            messages::expire(&transaction, spec, now)?;
        }
        transaction.commit()?;
        Ok(Self { connection })
    }
}

pub(crate) fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}
