//! Hands messages to functions, as Lambda's pollers do.

use crate::error::Error;
use crate::event;
use crate::mapping::{CONCURRENCY_DEFAULT, Consumer, Mapping};
use crate::outcome;
use crate::queues::Queues;
use crate::receipt::Receipt;
use crate::store::{Message, Receive};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// The largest event that Lambda takes.
const EVENT_BYTES_MAX: usize = 6 * 1_048_576;
/// What a record takes beside the message: ids, handle, digests, times.
const RECORD_OVERHEAD_BYTES: usize = 1_024;

/// Delivers the queues' messages over the mappings; clones share the work.
#[derive(Clone)]
pub struct Poller {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Queues,
    consumer: Arc<dyn Consumer>,
    lanes: Vec<Lane>,
    /// Who holds it is alone in starting invocations.
    starting: Mutex<()>,
}

/// An enabled mapping and how many more invocations it may have.
struct Lane {
    mapping: Mapping,
    concurrency: usize,
    slots: Arc<Semaphore>,
}

/// An invocation's place in its lane, given back when it has ended in whichever way.
struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    queues: Queues,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.queues.wake();
    }
}

impl Lane {
    fn is_busy(&self) -> bool {
        self.slots.available_permits() < self.concurrency
    }
}

impl Poller {
    /// A poller for these mappings. The consumer's functions may send to the same queues.
    ///
    /// # Errors
    /// A mapping of a queue that is not declared, or outside of Lambda's limits.
    pub fn new(queues: Queues, mappings: Vec<Mapping>, consumer: Arc<dyn Consumer>) -> Result<Self, Error> {
        mappings.iter().try_for_each(|mapping| mapping.check(&queues))?;
        let lanes = mappings
            .into_iter()
            .filter(|mapping| mapping.enabled)
            .map(|mapping| {
                let concurrency = mapping.maximum_concurrency.unwrap_or(CONCURRENCY_DEFAULT) as usize;
                Lane { mapping, concurrency, slots: Arc::new(Semaphore::new(concurrency)) }
            })
            .collect();
        let shared = Shared { queues, consumer, lanes, starting: Mutex::new(()) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Delivers everything that is due, and what its functions send, until nothing is due and nothing runs, whoever
    /// started it. Returns early only with the error.
    ///
    /// # Errors
    /// The store can't be read or written.
    pub async fn run_until_idle(&self) -> Result<(), Error> {
        loop {
            let changed = self.shared.queues.changed().notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.started().await? {
                return Ok(());
            }
            if self.is_busy() {
                changed.await;
            }
        }
    }

    /// The earliest moment at which a batch is due; in the past while one is due and its lane is full.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.next_due_of(|_| true)
    }

    /// Delivers what becomes due until `shutdown`, then waits for the invocations that run. The clock's owner calls
    /// [`Queues::wake`] after advancing it.
    ///
    /// # Errors
    /// The store can't be read or written.
    pub async fn drive(&self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        tokio::pin!(shutdown);
        loop {
            let changed = self.shared.queues.changed().notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            self.started().await?;
            let wait = self.until_next_due().await?;
            tokio::select! {
                () = &mut shutdown => break,
                () = changed => {}
                () = elapse(wait) => {}
            }
        }
        loop {
            let changed = self.shared.queues.changed().notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.is_busy() {
                return Ok(());
            }
            changed.await;
        }
    }

    fn is_busy(&self) -> bool {
        self.shared.lanes.iter().any(Lane::is_busy)
    }

    /// As below, in a task of its own: whoever stops waiting for it does not lose a batch that was just received.
    async fn started(&self) -> Result<bool, Error> {
        let poller = self.clone();
        let task = tokio::spawn(async move { poller.start_what_is_due().await });
        task.await.map_err(|_| Error::Interrupted)?
    }

    /// Fills every lane. True when there was nothing to do and nothing ran when it began: as no one else starts
    /// anything meanwhile, the poller is idle then.
    async fn start_what_is_due(&self) -> Result<bool, Error> {
        let _alone = self.shared.starting.lock().await;
        let mut idle = !self.is_busy();
        for (index, lane) in self.shared.lanes.iter().enumerate() {
            while let Ok(permit) = Arc::clone(&lane.slots).try_acquire_owned() {
                let shared = Arc::clone(&self.shared);
                let claimed = self.shared.queues.blocking(move |_| shared.claim(index)).await??;
                let Some(batch) = claimed else { break };
                idle = false;
                if batch.is_empty() {
                    break;
                }
                let slot = Slot { permit: Some(permit), queues: self.shared.queues.clone() };
                tokio::spawn(Arc::clone(&self.shared).deliver(index, batch, slot));
            }
        }
        Ok(idle)
    }

    /// How long it takes until something can be started, unless the clock is advanced or something ends. Nothing does by
    /// itself while the clock stands.
    async fn until_next_due(&self) -> Result<Option<Duration>, Error> {
        let poller = self.clone();
        let due = self
            .shared
            .queues
            .blocking(move |_| poller.next_due_of(|lane| lane.slots.available_permits() > 0));
        Ok(due.await??.and_then(|due| self.shared.queues.clock().until(due)))
    }

    fn next_due_of(&self, counts: impl Fn(&Lane) -> bool) -> Result<Option<Timestamp>, Error> {
        let (store, now) = self.shared.queues.store();
        let mut earliest: Option<i64> = None;
        for Lane { mapping, .. } in self.shared.lanes.iter().filter(|lane| counts(lane)) {
            let Some(queue) = self.shared.queues.spec(&mapping.queue) else { continue };
            let window = mapping.maximum_batching_window_seconds;
            let due = store.batch_due(queue, mapping.batch_size, window, now)?;
            earliest = earliest.into_iter().chain(due).min();
        }
        Ok(earliest.map(|due| Timestamp::from_millisecond(due).unwrap_or(Timestamp::MAX)))
    }
}

impl Shared {
    /// Receives the lane's next batch if it is due. An empty batch was due, but all of it went to the dead-letter
    /// queue.
    fn claim(&self, lane: usize) -> Result<Option<Vec<Message>>, Error> {
        let mapping = &self.lanes[lane].mapping;
        let Some(queue) = self.queues.spec(&mapping.queue) else { return Ok(None) };
        let received = {
            let (mut store, now) = self.queues.store();
            let window = mapping.maximum_batching_window_seconds;
            let due = store.batch_due(queue, mapping.batch_size, window, now)?;
            if due.is_none_or(|due| due > now) {
                return Ok(None);
            }
            let receive = Receive {
                messages_max: mapping.batch_size as usize,
                bytes_max: EVENT_BYTES_MAX,
                overhead_bytes: RECORD_OVERHEAD_BYTES,
                visibility_timeout_seconds: queue.visibility_timeout_seconds,
            };
            store.receive(queue, receive, now)?
        };
        if received.dead_letters > 0 {
            self.queues.wake();
        }
        Ok(Some(received.messages))
    }

    /// Invokes the function and deletes what it was done with. Whatever ends this before the delete, a crash too,
    /// leaves the messages hidden until their visibility timeout, and then they are delivered again.
    async fn deliver(self: Arc<Self>, lane: usize, batch: Vec<Message>, slot: Slot) {
        let mapping = &self.lanes[lane].mapping;
        let Some(queue) = self.queues.spec(&mapping.queue).cloned() else { return };
        let event = event::of_batch(&queue, &batch);
        let consumer = Arc::clone(&self.consumer);
        let function = mapping.function.clone();
        // In a task of its own, so that a function that panics fails its batch and nothing else.
        let invocation = tokio::spawn(async move { consumer.invoke(function, event).await });
        let answer =
            invocation.await.unwrap_or_else(|error| Err(format!("the invocation did not end: {error}")));

        let failed = answer.and_then(|answer| failed(mapping, &answer, &batch));
        let failed = failed.unwrap_or_else(|reason| {
            self.consumer.returned(&mapping.function, batch.len(), &reason);
            batch.iter().map(|message| message.id.clone()).collect()
        });
        let done: Vec<Receipt> = batch
            .into_iter()
            .filter(|message| !failed.contains(&message.id))
            .map(|message| message.receipt)
            .collect();
        if done.is_empty() {
            return;
        }
        let count = done.len();
        let deleted = self.queues.blocking(move |queues| queues.store().0.delete(&queue, &done)).await;
        if let Err(error) = deleted.and_then(|deleted| deleted.map_err(Error::from)) {
            self.consumer.returned(&mapping.function, count, &error.to_string());
        }
        drop(slot);
    }
}

/// The ids of the messages that the answer returns to the queue.
fn failed(mapping: &Mapping, answer: &Value, batch: &[Message]) -> Result<HashSet<String>, String> {
    if !mapping.report_batch_item_failures {
        return Ok(HashSet::new());
    }
    outcome::failed(answer, &batch.iter().map(|message| message.id.as_str()).collect())
}

/// Ends after so long, or never.
async fn elapse(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
