//! The SQLite file: executions, their continuations and the states they took. Times are epoch milliseconds.

mod rows;

pub use rows::Status;
pub(crate) use rows::{Saved, Stored};

use crate::engine::{EngineError, Filter};
use crate::interpreter::Left;
use crate::limits::LIST_MAX_EXECUTIONS;
use crate::machine::Exit;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;

/// The version of the schema below, kept in `user_version`.
const SCHEMA_VERSION: i64 = 2;
const SCHEMA: &str = "
    CREATE TABLE definitions (
        id INTEGER PRIMARY KEY, machine TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (machine, text)
    ) STRICT;
    CREATE TABLE executions (
        id INTEGER PRIMARY KEY,
        machine TEXT NOT NULL,
        name TEXT NOT NULL,
        run TEXT NOT NULL,
        definition INTEGER NOT NULL REFERENCES definitions (id),
        status TEXT NOT NULL,
        input TEXT NOT NULL,
        output TEXT,
        error TEXT,
        cause TEXT,
        started INTEGER NOT NULL,
        stopped INTEGER,
        continuation TEXT,
        due INTEGER,
        in_flight INTEGER NOT NULL,
        UNIQUE (machine, name, run)
    ) STRICT;
    CREATE INDEX executions_by_due ON executions (due) WHERE due IS NOT NULL;
    CREATE INDEX executions_in_flight ON executions (in_flight) WHERE in_flight > 0;
    CREATE TABLE states (
        execution INTEGER NOT NULL REFERENCES executions (id),
        sequence INTEGER NOT NULL,
        state TEXT NOT NULL,
        entered INTEGER NOT NULL,
        exited INTEGER NOT NULL,
        exit TEXT NOT NULL,
        next TEXT,
        PRIMARY KEY (execution, sequence)
    ) STRICT, WITHOUT ROWID;
";

/// An execution to insert.
pub(crate) struct New<'a> {
    pub(crate) machine: &'a str,
    pub(crate) name: &'a str,
    /// What tells executions of one name apart, where a name may have several; empty where it may not.
    pub(crate) run: &'a str,
    pub(crate) definition: i64,
    pub(crate) input: &'a str,
    pub(crate) continuation: &'a str,
    pub(crate) now: i64,
}

/// How much a commit is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What was committed survives the loss of power.
    Full,
    /// What was committed survives the end of the process, but perhaps not of the machine: for tests.
    Fast,
}

pub(crate) struct Store {
    connection: Connection,
    durability: Durability,
    /// Whether a commit waits for the disk at present.
    waits: bool,
}

/// Whose changes a commit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It survives the loss of power.
    Lasting,
    /// Executions of Express machines alone: it survives the end of the process. Who started them starts them again.
    Express,
}

impl Store {
    /// Opens or creates the file and holds it alone: two engines on one file would run every task twice.
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Self, EngineError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        let synchronous = if durability == Durability::Full { "FULL" } else { "OFF" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let mut store = Self { connection, durability, waits: durability == Durability::Full };
        store.write(Commit::Lasting, |transaction| {
            match transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? {
                0 => {
                    transaction.execute_batch(SCHEMA)?;
                    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
                }
                SCHEMA_VERSION => {}
                other => return Err(EngineError(format!("the file has the unknown schema version {other}"))),
            }
            // What was in flight is called again: its executions are due at once.
            transaction.execute("UPDATE executions SET due = 0 WHERE in_flight > 0", [])?;
            Ok(())
        })?;
        Ok(store)
    }

    /// Commits what `work` does, or nothing of it.
    pub(crate) fn write<T>(
        &mut self,
        commit: Commit,
        work: impl FnOnce(&Connection) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let waits = self.durability == Durability::Full && commit == Commit::Lasting;
        if waits != self.waits && self.durability == Durability::Full {
            self.connection.pragma_update(None, "synchronous", if waits { "FULL" } else { "NORMAL" })?;
            self.waits = waits;
        }
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The id of a definition, which is stored if it is new.
    pub(crate) fn definition(&mut self, machine: &str, text: &str) -> Result<i64, EngineError> {
        self.write(Commit::Lasting, |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO definitions (machine, text) VALUES (?1, ?2)",
                [machine, text],
            )?;
            let select = "SELECT id FROM definitions WHERE machine = ?1 AND text = ?2";
            Ok(transaction.query_row(select, [machine, text], |row| row.get(0))?)
        })
    }

    pub(crate) fn definition_text(&self, id: i64) -> Result<(String, String), EngineError> {
        let select = "SELECT machine, text FROM definitions WHERE id = ?1";
        Ok(self.connection.query_row(select, [id], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Inserts an execution that is due at once; `false` if the name is taken.
    pub(crate) fn insert(&mut self, new: &New<'_>) -> Result<bool, EngineError> {
        let New { machine, name, run, definition, input, continuation, now } = *new;
        let commit = if run.is_empty() { Commit::Lasting } else { Commit::Express };
        self.write(commit, |transaction| {
            let inserted = transaction
                .prepare_cached(
                    "INSERT INTO executions
                        (machine, name, run, definition, status, input, started, continuation, due, in_flight)
                     VALUES (?1, ?2, ?3, ?4, 'RUNNING', ?5, ?6, ?7, ?6, 0)
                     ON CONFLICT (machine, name, run) DO NOTHING",
                )?
                .execute(params![machine, name, run, definition, input, now, continuation])?;
            Ok(inserted == 1)
        })
    }

    /// The executions that are due, the longest first.
    pub(crate) fn due(&self, now: i64, most: usize) -> Result<Vec<i64>, EngineError> {
        let select = "SELECT id FROM executions WHERE due <= ?1 ORDER BY due, id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(select)?;
        let ids =
            statement.query_map(params![now, i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The moment at which the next execution is due.
    pub(crate) fn next_due(&self) -> Result<Option<i64>, EngineError> {
        let select = "SELECT min(due) FROM executions WHERE due IS NOT NULL";
        Ok(self.connection.prepare_cached(select)?.query_row([], |row| row.get(0))?)
    }

    pub(crate) fn running(&self, id: i64) -> Result<Option<Stored>, EngineError> {
        let select = format!("{} WHERE id = ?1 AND status = 'RUNNING'", rows::SELECT);
        Ok(self.connection.prepare_cached(&select)?.query_row([id], Stored::read).optional()?)
    }

    /// The newest execution of this machine and name.
    pub(crate) fn find(&self, machine: &str, name: &str) -> Result<Option<Stored>, EngineError> {
        let select = format!("{} WHERE machine = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1", rows::SELECT);
        Ok(self.connection.prepare_cached(&select)?.query_row([machine, name], Stored::read).optional()?)
    }

    /// The executions that pass the filter, the newest first.
    pub(crate) fn list(&self, filter: &Filter) -> Result<Vec<Stored>, EngineError> {
        let select = format!(
            "{} WHERE (?1 IS NULL OR machine = ?1) AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR status = ?3)
                AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5",
            rows::SELECT
        );
        let most = filter.most.unwrap_or(LIST_MAX_EXECUTIONS).min(LIST_MAX_EXECUTIONS);
        let mut statement = self.connection.prepare_cached(&select)?;
        let status = filter.status.map(Status::as_str);
        let stored = statement
            .query_map(params![filter.machine, filter.name, status, filter.before, most], Stored::read)?;
        Ok(stored.collect::<Result<_, _>>()?)
    }

    /// The states an execution has left, in the order in which they were entered.
    pub(crate) fn states(&self, execution: i64) -> Result<Vec<(Left, i64)>, EngineError> {
        let select = "SELECT sequence, state, entered, exit, next, exited FROM states WHERE execution = ?1
                      ORDER BY sequence";
        let mut statement = self.connection.prepare_cached(select)?;
        let states = statement.query_map([execution], |row| {
            let left = Left {
                sequence: row.get(0)?,
                state: row.get(1)?,
                entered: row.get(2)?,
                exit: exit(row, 3)?,
                next: row.get(4)?,
            };
            Ok((left, row.get(5)?))
        })?;
        Ok(states.collect::<Result<_, _>>()?)
    }

    /// Every way in which a state of a machine was ever left.
    pub(crate) fn exits(&self) -> Result<Vec<(String, String, Exit)>, EngineError> {
        let select = "SELECT DISTINCT machine, state, exit FROM states JOIN executions ON id = execution";
        let mut statement = self.connection.prepare_cached(select)?;
        let exits = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, exit(row, 2)?)))?;
        Ok(exits.collect::<Result<_, _>>()?)
    }
}

fn exit(row: &Row<'_>, index: usize) -> rusqlite::Result<Exit> {
    let text: String = row.get(index)?;
    text.parse().map_err(|error: String| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, error.into())
    })
}

#[cfg(test)]
impl Store {
    pub(crate) fn pragma(&self, name: &str, value: bool) {
        self.connection.pragma_update(None, name, value).unwrap();
    }

    pub(crate) fn damage(&self, name: &str) {
        self.connection.execute("UPDATE executions SET continuation = '{' WHERE name = ?1", [name]).unwrap();
    }
}
