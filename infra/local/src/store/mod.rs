//! The tables: DynamoDB's operations on SQLite, on a thread of their own.
//!
//! One thread does all reads and writes, one after the other. So the engine's connection and ours never hold
//! transactions at the same moment, and neither ever finds the file busy.

mod expiry;
mod operation;
mod records;
mod tables;
mod tokens;
mod transaction;

pub(crate) use records::Record;

use dynoxide::Database;
use records::Records;
use scrip_sam::TableSpec;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{Builder, JoinHandle};
use tokens::Tokens;
use tokio::sync::{Notify, oneshot};

/// What survives a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Everything that was acknowledged.
    Durable,
    /// Nothing: the files are erased at the end anyway, so no write waits for the disk.
    Fleeting,
}

/// What the store's thread works with.
pub(crate) struct Tables {
    database: Database,
    records: Records,
    tokens: RefCell<Tokens>,
}

type Job = Box<dyn FnOnce(&Tables) + Send>;

/// A handle on the tables; clones share them.
#[derive(Clone)]
pub(crate) struct TableStore(Arc<Shared>);

struct Shared {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    watchers: Mutex<Vec<(String, Arc<Notify>)>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed;

impl TableStore {
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Self, String> {
        let text = path.to_str().ok_or("its path is not UTF-8")?;
        let database = Database::new(text).map_err(|error| error.to_string())?;
        if durability == Durability::Fleeting {
            database.enable_bulk_loading().map_err(|error| error.to_string())?;
        }
        let records = Records::open(path, durability).map_err(|error| error.to_string())?;
        let tables = Tables { database, records, tokens: RefCell::default() };
        let (jobs, inbox) = mpsc::channel::<Job>();
        let work = move || {
            while let Ok(job) = inbox.recv() {
                // What a job leaves behind is in SQLite, which rolls back.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&tables)));
            }
        };
        let thread = Builder::new().name("store".into()).spawn(work).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(Shared {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            watchers: Mutex::default(),
        })))
    }

    /// Creates what is missing of the tables.
    pub(crate) async fn prepare(&self, tables: &[TableSpec]) -> Result<(), String> {
        let tables = tables.to_vec();
        self.with(move |store| tables.iter().try_for_each(|table| tables::prepare(&store.database, table)))
            .await
            .map_err(|closed| closed.to_string())?
    }

    /// Has `notify` woken after each write that names the table.
    pub(crate) fn watch(&self, table: &str, notify: Arc<Notify>) {
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner).push((table.to_owned(), notify));
    }

    /// Answers a request in `DynamoDB`'s protocol with a status and a body.
    pub(crate) async fn call(&self, operation: &str, body: String) -> (u16, String) {
        let woken: Vec<Arc<Notify>> = if operation::writes(operation) {
            let watchers = self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner);
            watchers
                .iter()
                .filter(|(table, _)| body.contains(table))
                .map(|(_, notify)| notify.clone())
                .collect()
        } else {
            Vec::new()
        };
        let name = operation.to_owned();
        let answer = self
            .with(move |store| {
                let answer = operation::answer(&store.database, &store.tokens, &name, &body);
                // Here and not after the answer, so that a caller who goes away takes no wake-up with them.
                for notify in &woken {
                    notify.notify_one();
                }
                answer
            })
            .await;
        answer.unwrap_or_else(|Closed| operation::unavailable())
    }

    /// Deletes what expired before `now`, in epoch seconds; returns how many items that were.
    pub(crate) async fn expire(&self, tables: &[TableSpec], now: i64) -> Result<usize, String> {
        expiry::expire(self, tables, now).await
    }

    /// Runs a job on the store's thread.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tables) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |tables| {
            let _ = done.send(job(tables));
        });
        {
            let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.as_ref().ok_or(Closed)?.send(job).map_err(|_| Closed)?;
        }
        answer.await.map_err(|_| Closed)
    }

    /// Ends the thread once it has done what it was given; what comes later is refused.
    pub(crate) fn close(&self) {
        drop(self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Tables {
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store is closed")
    }
}

impl fmt::Debug for TableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TableStore")
    }
}
