//! A data directory that nobody uses.

use super::{Records, answer, inserted};
use crate::places::Streamed;
use anyhow::anyhow;
use scrip_local::{StartError, Stopped};
use scrip_states_language::Filter;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) struct Directory(Stopped);

impl Directory {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = Stopped::open(path).map_err(|error| match error {
            StartError::DataInUse(_) => {
                anyhow!("{} is in use; audit the platform that uses it, with --url", path.display())
            }
            other => other.into(),
        });
        Ok(Self(opened?))
    }

    pub(super) async fn close(self) {
        self.0.close().await;
    }
}

impl Records for Directory {
    async fn dynamodb(&self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        let (status, body) = self.0.dynamodb(operation, request).await;
        answer(operation, status, &body)
    }

    async fn execution(&self, machine: &str, name: &str) -> anyhow::Result<Option<String>> {
        let machine = Some(machine.to_owned());
        let name = Some(name.to_owned());
        let found = self.0.executions(&Filter { machine, name, ..Filter::default() })?;
        Ok(found.first().map(|execution| execution.status.as_str().to_owned()))
    }

    async fn pending(&self, streamed: &Streamed) -> anyhow::Result<BTreeSet<String>> {
        let mut pending = BTreeSet::new();
        for consumer in &streamed.consumers {
            let records = self.0.unhandled(&streamed.table, consumer).await.map_err(anyhow::Error::msg)?;
            pending.extend(records.iter().filter_map(inserted).map(str::to_owned));
        }
        Ok(pending)
    }
}
