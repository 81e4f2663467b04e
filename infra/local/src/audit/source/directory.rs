//! A data directory, opened as the platform opens it; nothing in it is driven.

use super::{Records, answer, inserted};
use crate::StartError;
use crate::audit::places::Streamed;
use crate::data::DataDirectory;
use crate::store::{Durability, TableStore};
use anyhow::{Context, anyhow, ensure};
use scrip_states_language::{BoxFuture, Engine, Filter, Invoker, Status, TaskError};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What a platform has made in a directory once it ran.
const FILES: [&str; 3] = ["version", STORE, WORKFLOWS];
const STORE: &str = "store.db";
const WORKFLOWS: &str = "workflows.db";
/// Records of a stream that are read at once.
const PAGE_RECORDS: u32 = 1_000;

pub(super) struct Directory {
    // Locked for as long as this lives.
    _data: DataDirectory,
    store: TableStore,
    engine: Engine,
}

impl Directory {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        // Opening would make what is missing, and of what is empty nothing can be wrong.
        for name in FILES {
            ensure!(path.join(name).is_file(), "{} is no data directory: it has no {name}", path.display());
        }
        let data = DataDirectory::open(path).map_err(|error| match error {
            StartError::DataInUse(_) => {
                anyhow!("{} is in use; audit the platform that uses it, with --url", path.display())
            }
            other => other.into(),
        })?;
        let unusable = |name: &str| format!("{} can't be opened", path.join(name).display());
        let store = TableStore::open(&path.join(STORE), Durability::Durable)
            .map_err(anyhow::Error::msg)
            .with_context(|| unusable(STORE))?;
        let durability = scrip_states_language::Durability::Full;
        let engine =
            Engine::open(&path.join(WORKFLOWS), durability, Vec::new(), data.clock()?, Arc::new(NoFunctions))
                .with_context(|| unusable(WORKFLOWS))?;
        Ok(Self { _data: data, store, engine })
    }

    pub(super) async fn close(self) {
        let _ = tokio::task::spawn_blocking(move || self.store.close()).await;
    }
}

impl Records for Directory {
    async fn dynamodb(&self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        let (status, body) = self.store.call(operation, request.to_string()).await;
        answer(operation, status, &body)
    }

    async fn running(&self, machine: &str) -> anyhow::Result<BTreeSet<String>> {
        let (machine, status) = (Some(machine.to_owned()), Some(Status::Running));
        let mut filter = Filter { machine, status, ..Filter::default() };
        let mut names = BTreeSet::new();
        loop {
            let page = self.engine.executions(&filter)?;
            let Some(last) = page.last() else { return Ok(names) };
            filter.before = Some(last.number);
            names.extend(page.into_iter().map(|execution| execution.name));
        }
    }

    async fn execution(&self, machine: &str, name: &str) -> anyhow::Result<Option<String>> {
        let (machine, name) = (Some(machine.to_owned()), Some(name.to_owned()));
        let found = self.engine.executions(&Filter { machine, name, ..Filter::default() })?;
        Ok(found.first().map(|execution| execution.status.as_str().to_owned()))
    }

    async fn pending(&self, streamed: &Streamed) -> anyhow::Result<BTreeSet<String>> {
        let mut pending = BTreeSet::new();
        for consumer in &streamed.consumers {
            let (table, consumer) = (streamed.table.clone(), consumer.clone());
            let ids = self.store.with(move |tables| -> Result<Vec<String>, String> {
                let (records, mut ids) = (tables.records(), Vec::new());
                let told = |error: rusqlite::Error| error.to_string();
                let mut position = records.position(&table, &consumer).map_err(told)?;
                loop {
                    let page = records.after(&table, position, PAGE_RECORDS).map_err(told)?;
                    let Some(last) = page.last() else { return Ok(ids) };
                    position = last.sequence;
                    ids.extend(page.iter().filter_map(|record| inserted(&record.body)).map(str::to_owned));
                }
            });
            pending.extend(ids.await.map_err(anyhow::Error::msg)?.map_err(anyhow::Error::msg)?);
        }
        Ok(pending)
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
