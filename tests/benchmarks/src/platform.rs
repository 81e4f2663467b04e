//! The platform in this process.

use scrip_function::{Line, Log};
use scrip_local::{Options, Platform, Running, Source, catalog};
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
    let options = Options {
        port: 0,
        data: Some(data.to_owned()),
        functions: catalog::functions(),
        operations: catalog::operations(),
        source: Source::embedded(),
        log: Arc::new(Unread),
    };
    Ok(Platform::start(options).await?)
}
