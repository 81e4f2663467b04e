//! Who runs the batches: a caller that wants everything done, or the background.

use super::{Engine, EngineError};
use crate::limits::DRIVER_MAX_SLEEP_SECONDS;
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
            let sleep = self.until_due()?;
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                () = changed => {}
                () = tokio::time::sleep(sleep) => {}
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

    fn until_due(&self) -> Result<Duration, EngineError> {
        let most = Duration::from_secs(DRIVER_MAX_SLEEP_SECONDS);
        Ok(self.next_due()?.map_or(most, |due| {
            let left = due.duration_since(self.0.clock.now());
            Duration::try_from(left).unwrap_or(Duration::ZERO).min(most)
        }))
    }
}
