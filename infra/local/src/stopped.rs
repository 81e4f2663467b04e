//! What a platform has kept, read while none runs there.

use crate::data::{DataDirectory, VERSION};
use crate::error::StartError;
use crate::store::{Durability, TableStore};
use crate::wiring::{STORE, WORKFLOWS};
use scrip_clock::Clock;
use scrip_states_language::{BoxFuture, Engine, EngineError, ExecutionRecord, Filter, Invoker, TaskError};
use serde_json::Value;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

/// Records of a stream that are read at once.
const PAGE_RECORDS: u32 = 1_000;

/// A data directory that is open without anything in it being driven. It is locked for as long as this lives.
pub struct Stopped {
    _data: DataDirectory,
    store: TableStore,
    engine: Engine,
}

impl Stopped {
    /// Opens a directory that a platform has used.
    ///
    /// # Errors
    /// It is in use, damaged, written by a newer version, or no data directory. Nothing has been made in it then.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        // Opening would make what is missing.
        for name in [VERSION, STORE, WORKFLOWS] {
            if !path.join(name).is_file() {
                return Err(StartError::data(path, format!("not a data directory: it has no {name}")));
            }
        }
        let data = DataDirectory::open(path)?;
        let unusable = |name: &str, error: &dyn Display| StartError::data(&path.join(name), error);
        let store = TableStore::open(&path.join(STORE), Durability::Durable)
            .map_err(|error| unusable(STORE, &error))?;
        // Nothing runs, so its clock is not asked.
        let clock = Clock::standing();
        let durability = scrip_states_language::Durability::Full;
        let engine =
            Engine::open(&path.join(WORKFLOWS), durability, Vec::new(), clock, Arc::new(NoFunctions))
                .map_err(|error| unusable(WORKFLOWS, &error))?;
        Ok(Self { _data: data, store, engine })
    }

    /// Answers a request in `DynamoDB`'s JSON protocol with a status and a body.
    pub async fn dynamodb(&self, operation: &str, request: &Value) -> (u16, String) {
        self.store.call(operation, request.to_string()).await
    }

    /// A page of executions, the newest first.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn executions(&self, filter: &Filter) -> Result<Vec<ExecutionRecord>, EngineError> {
        self.engine.executions(filter)
    }

    /// The stream records of a table that one of its consumers has not handled yet, as `GetRecords` tells them.
    ///
    /// # Errors
    /// The file can't be read.
    pub async fn unhandled(&self, table: &str, consumer: &str) -> Result<Vec<Value>, String> {
        let table = table.to_owned();
        let consumer = consumer.to_owned();
        let read = self.store.with(move |tables| -> Result<Vec<Value>, rusqlite::Error> {
            let records = tables.records();
            let mut unhandled = Vec::new();
            let mut position = records.position(&table, &consumer)?;
            loop {
                let page = records.after(&table, position, PAGE_RECORDS)?;
                let Some(last) = page.last() else { return Ok(unhandled) };
                position = last.sequence;
                unhandled.extend(page.into_iter().map(|record| record.body));
            }
        });
        read.await.map_err(|closed| closed.to_string())?.map_err(|error| error.to_string())
    }

    pub async fn close(self) {
        let _ = tokio::task::spawn_blocking(move || self.store.close()).await;
    }
}

/// The engine is read, not driven, so it calls nothing.
struct NoFunctions;

impl Invoker for NoFunctions {
    fn invoke(&self, function: String, _: Value) -> BoxFuture<'static, Result<Value, TaskError>> {
        let error = TaskError {
            error: "Lambda.ServiceException".to_owned(),
            cause: format!("{function} is not called"),
        };
        Box::pin(std::future::ready(Err(error)))
    }
}
