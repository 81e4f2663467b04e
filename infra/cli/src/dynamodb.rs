//! `scrip dynamodb`: the engine of the tables alone, for emulators of AWS that bring none.

use crate::answer;
use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

/// Where it listens.
#[derive(Args, Clone, Debug)]
pub(crate) struct DynamoDb {
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
}

impl DynamoDb {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        // Listened for before anything is opened, so that a signal at any moment leaves no files behind.
        let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for signals")?;
        let mut terminate = signal(SignalKind::terminate()).context("can't listen for signals")?;
        let server = scrip_local::DynamoDb::listen(self.port).await?;
        let told_to_end = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        answer(&format!("http://{}", server.address()))?;
        Ok(server.serve(told_to_end).await?)
    }
}
