//! Who runs the batches: a caller that wants everything done, or the background.

use super::{Engine, EngineError};
use crate::limits::DRIVER_MAX_SLEEP;
use std::pin::pin;
use std::time::Duration;

impl Engine {
    /// Tells the driver to look again, as after the clock was advanced.
    pub fn wake(&self) {
        self.0.changed.notify_waiters();
    }

    /// Runs everything that can run now, awaits the tasks in flight and runs what follows from them, until only
    /// future moments remain. It can be used beside [`Engine::drive`], but not from within a task.
    ///
    /// # Errors
    /// When the file cannot be read or written; what was not stored is attempted again by the next call.
    pub async fn run_until_idle(&self) -> Result<(), EngineError> {
        loop {
            // Listening begins before looking, so that nothing is missed in between.
            let changed = self.0.changed.notified();
            self.run_batches().await?;
            if self.is_idle() {
                return Ok(());
            }
            changed.await;
        }
    }

    /// Runs executions as they are started, answered or due, until `shutdown`. What is in flight then is called again
    /// after the next opening.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub async fn drive(&self, shutdown: impl Future<Output = ()>) -> Result<(), EngineError> {
        let mut shutdown = pin!(shutdown);
        loop {
            let changed = self.0.changed.notified();
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                done = self.run_batches() => done?,
            }
            let wait = self.until_due()?;
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                () = changed => {}
                () = elapse(wait) => {}
            }
        }
    }

    /// Runs batches until none is left. Others have their turn in between.
    async fn run_batches(&self) -> Result<(), EngineError> {
        while self.batch()? {
            // Whoever waits for the engine to be idle may find it so now.
            self.0.changed.notify_waiters();
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// How long it takes until something is due, unless the clock is advanced: never by itself while it stands.
    fn until_due(&self) -> Result<Option<Duration>, EngineError> {
        let latest = self.0.clock.now() + DRIVER_MAX_SLEEP;
        Ok(self.0.clock.until(self.next_due()?.map_or(latest, |due| due.min(latest))))
    }
}

/// Ends after so long, or never.
async fn elapse(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
