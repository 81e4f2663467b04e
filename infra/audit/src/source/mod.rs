//! Reads everything of one moment: from a data directory that nobody uses, or from a platform that runs.

mod directory;
mod platform;
#[cfg(test)]
mod tests;

use crate::books::{Books, Snapshot};
use crate::places::{Places, Streamed};
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// How often a platform that runs is read until two readings in a row agree.
const READINGS_MOST: u32 = 12;

/// What the tables, streams and workflows are asked through.
trait Records {
    /// Answers a request to `DynamoDB` in its JSON protocol.
    async fn dynamodb(&self, operation: &str, request: &Value) -> anyhow::Result<Value>;
    /// The status of the newest execution of this name, if there is one.
    async fn execution(&self, machine: &str, name: &str) -> anyhow::Result<Option<String>>;
    /// New items of a table whose stream records are still to be handled, by `id`.
    async fn pending(&self, streamed: &Streamed) -> anyhow::Result<BTreeSet<String>>;
}

/// Reads a data directory. It must be one that a platform has used and none is using.
///
/// # Errors
/// It is in use, damaged, or no data directory.
pub async fn of_directory(path: &Path) -> anyhow::Result<Books> {
    let places = Places::read()?;
    let directory = directory::Directory::open(path)?;
    let snapshot = read(&directory, &places).await;
    directory.close().await;
    Ok(Books::of(&snapshot?))
}

/// Reads a platform that runs. What changes between two readings is read again, so that what is judged is everything
/// as it was at one moment: money in the midst of being read must not seem to appear.
///
/// # Errors
/// It does not answer, or changes without pause.
pub async fn of_platform(http: &reqwest::Client, url: &str) -> anyhow::Result<Books> {
    let places = Places::read()?;
    let platform = platform::Platform::new(http, url);
    let mut last = read(&platform, &places).await?;
    for _ in 1..READINGS_MOST {
        let next = read(&platform, &places).await?;
        if next == last {
            return Ok(Books { now: Some(platform.now().await?), ..Books::of(&next) });
        }
        last = next;
    }
    bail!("{url} changes without pause; stop what calls it, or audit its data directory after stopping it")
}

async fn read(records: &impl Records, places: &Places) -> anyhow::Result<Snapshot> {
    let mut snapshot = Snapshot {
        ledger: scan(records, &places.ledger).await?,
        bills: scan(records, &places.bills).await?,
        offline: scan(records, &places.offline).await?,
        deductions: scan(records, &places.deductions).await?,
        coupons: scan(records, &places.coupons.table).await?,
        groups: scan(records, &places.groups).await?,
        ..Snapshot::default()
    };
    // Read before executions: a record that is handled in between has its execution then.
    for streamed in places.streamed() {
        snapshot.pending.extend(records.pending(streamed).await?);
    }
    for waiting in Books::of(&snapshot).waiting() {
        let status = records.execution(places.machine(waiting.machine), waiting.id).await?;
        snapshot.executions.extend(status.map(|status| (waiting.id.to_owned(), status)));
    }
    Ok(snapshot)
}

async fn scan(records: &impl Records, table: &str) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let mut page = records.dynamodb("Scan", &request).await?;
        if let Value::Array(found) = page["Items"].take() {
            items.extend(found);
        }
        start = page["LastEvaluatedKey"].take();
        if start.is_null() {
            return Ok(items);
        }
    }
}

fn answer(operation: &str, status: u16, body: &str) -> anyhow::Result<Value> {
    ensure!(status == 200, "{operation} is answered with {status}: {body}");
    serde_json::from_str(body).with_context(|| format!("{operation} is answered with what is not JSON"))
}

/// The id of the new item that a stream's record tells of.
fn inserted(record: &Value) -> Option<&str> {
    (record["eventName"] == "INSERT").then(|| record["dynamodb"]["NewImage"]["id"]["S"].as_str())?
}
