//! The platform in this process.

use scrip_function::{Line, Log};
use scrip_local::{ClockMode, Options, Platform, Running, Source};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// Makes each line, as the program would, and shows it nobody.
struct Unread;

impl Log for Unread {
    fn write(&self, line: &Line<'_>) {
        black_box(line.to_json().to_string());
    }
}

/// The platform with its data in this directory, synced with each commit.
pub(crate) async fn start(data: &Path) -> anyhow::Result<Running> {
    start_with(data, false).await
}

/// The same, whose store refuses writes that meet at an item, as `DynamoDB` does.
pub(crate) async fn start_contended(data: &Path) -> anyhow::Result<Running> {
    start_with(data, true).await
}

async fn start_with(data: &Path, contention: bool) -> anyhow::Result<Running> {
    let options = Options {
        port: 0,
        data: Some(data.to_owned()),
        operations: scrip_catalog::operations(),
        source: Source::embedded(),
        log: Arc::new(Unread),
        clock: ClockMode::Running,
        contention,
        issuer: None,
        wire: None,
        parameters: Vec::new(),
    };
    Ok(Platform::start(options).await?)
}
