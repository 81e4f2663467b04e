//! Advances the clock, and has what becomes due run in the order of time.

use crate::data::DataDirectory;
use crate::functions::Functions;
use crate::schedules::Schedules;
use crate::store::TableStore;
use crate::streams::Streams;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_queues::{Poller, Queues};
use scrip_sam::TableSpec;
use scrip_states_language::Engine;
use std::sync::Arc;

/// More moments without progress than any chain of work at one moment has.
const STUCK_AFTER_STEPS: u32 = 1_000;

/// What runs by itself, under one clock.
pub(crate) struct Time {
    pub(crate) clock: Clock,
    pub(crate) data: Arc<DataDirectory>,
    pub(crate) functions: Functions,
    pub(crate) store: TableStore,
    pub(crate) tables: Vec<TableSpec>,
    pub(crate) schedules: Schedules,
    pub(crate) streams: Streams,
    pub(crate) queues: Queues,
    pub(crate) poller: Poller,
    pub(crate) engine: Engine,
    pub(crate) advancing: tokio::sync::Mutex<()>,
}

impl Time {
    /// Advances the clock, stopping at each moment at which something is due until all that follows from it is done.
    pub(crate) async fn advance(&self, by: SignedDuration) -> Result<Timestamp, String> {
        let _alone = self.advancing.lock().await;
        self.settle().await?;
        let target = self.clock.now().checked_add(by).map_err(|error| error.to_string())?;
        let mut steps_at_one_moment = 0;
        while let Some(due) = self.next_due().await?.filter(|due| *due <= target) {
            if due > self.clock.now() {
                steps_at_one_moment = 0;
            } else {
                steps_at_one_moment += 1;
                if steps_at_one_moment > STUCK_AFTER_STEPS {
                    return Err(format!("what was due at {due} does not come to an end"));
                }
            }
            self.advance_to(due)?;
            self.settle().await?;
        }
        self.advance_to(target)?;
        self.settle().await?;
        self.expire().await?;
        self.schedules.wake();
        self.streams.wake();
        self.engine.wake();
        self.queues.wake();
        Ok(self.clock.now())
    }

    /// Runs everything that is due, and what follows from it, until nothing is left to do now.
    ///
    /// It takes two rounds without a new event to know: what ran in the background before the first one may have written,
    /// while the round waited for it, to what the round had looked at already.
    pub(crate) async fn settle(&self) -> Result<(), String> {
        loop {
            let events = self.functions.events();
            self.run_until_idle().await?;
            self.run_until_idle().await?;
            if self.functions.events() == events {
                return Ok(());
            }
        }
    }

    async fn run_until_idle(&self) -> Result<(), String> {
        self.schedules.run_until_idle().await?;
        self.streams.run_until_idle().await?;
        self.engine.run_until_idle().await.map_err(|error| error.to_string())?;
        self.poller.run_until_idle().await.map_err(|error| error.to_string())
    }

    /// Deletes items whose time to live is over.
    pub(crate) async fn expire(&self) -> Result<usize, String> {
        self.store.expire(&self.tables, self.clock.now().as_second()).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, String> {
        let engine = self.engine.next_due().map_err(|error| error.to_string())?;
        let poller = self.poller.next_due().map_err(|error| error.to_string())?;
        let schedules = self.schedules.next_due().await?;
        Ok([schedules, self.streams.next_due(), engine, poller].into_iter().flatten().min())
    }

    fn advance_to(&self, to: Timestamp) -> Result<(), String> {
        let missing = to.duration_since(self.clock.now());
        if missing.is_positive() {
            // Kept first: after a crash in between the clock is ahead already, and time has not gone back.
            self.data.keep_clock(self.clock.offset() + missing).map_err(|error| error.to_string())?;
            self.clock.advance_to(to);
        }
        Ok(())
    }
}
