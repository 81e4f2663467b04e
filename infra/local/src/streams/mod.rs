//! The event source mappings of tables' streams: records in their order, at least once.
//!
//! Source: AWS Lambda Developer Guide, "Process `DynamoDB` records with Lambda". A batching window is not waited for.

mod event;
mod outcome;

use crate::background::elapse;
use crate::functions::{Functions, InvocationError};
use crate::store::{Record, TableStore};
use event::Batch;
use futures::FutureExt;
use futures::future::Shared;
use outcome::Outcome;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_queues::Queues;
use scrip_sam::{Application, StreamMapping};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

const FIRST_RETRY_SECONDS: i64 = 1;
const LONGEST_RETRY_SECONDS: i64 = 60;
/// How long the driver sleeps at most while the clock runs, since the system's may be set; wake-ups come from writes and
/// from who advances the clock.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_hours(1);

/// All stream mappings; clones share them.
#[derive(Clone)]
pub(crate) struct Streams(Arc<Vec<Reader>>);

struct Reader {
    mapping: StreamMapping,
    source: event::Source,
    failures: Option<String>,
    store: TableStore,
    functions: Functions,
    queues: Queues,
    clock: Clock,
    written: Arc<Notify>,
    // Held during a batch, so that records are handed on in their order.
    state: tokio::sync::Mutex<State>,
    due: Mutex<Option<Timestamp>>,
}

/// What is known of the batch that failed last. A restart forgets it, and the batch is tried anew.
#[derive(Default)]
struct State {
    attempts: u32,
    /// How many records to read, after a batch was split.
    split: Option<u32>,
}

impl Streams {
    /// The template's mappings. A mapping that is new begins with the oldest record.
    pub(crate) async fn open(
        application: &Application,
        store: &TableStore,
        functions: &Functions,
        queues: &Queues,
        clock: &Clock,
    ) -> Result<Self, String> {
        let mut readers = Vec::new();
        for table in application.tables.iter().filter(|table| table.stream.is_some()) {
            let mappings: Vec<_> =
                application.stream_mappings.iter().filter(|mapping| mapping.table == table.name).collect();
            let names: Vec<String> = mappings.iter().map(|mapping| mapping.function.clone()).collect();
            let name = table.name.clone();
            store
                .with(move |tables| {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    tables.records().set_consumers(&name, &names)
                })
                .await
                .map_err(|closed| closed.to_string())?
                .map_err(|error| error.to_string())?;
            for mapping in mappings {
                let written = Arc::new(Notify::new());
                store.watch(&table.name, written.clone());
                let function = application.function(&mapping.function);
                readers.push(Reader {
                    mapping: mapping.clone(),
                    source: event::Source {
                        stream_arn: format!("{}/stream/local", table.arn),
                        function_arn: function.map(|function| function.arn.clone()).unwrap_or_default(),
                    },
                    failures: mapping.on_failure_queue.as_ref().and_then(|queue| queues.url(queue)),
                    store: store.clone(),
                    functions: functions.clone(),
                    queues: queues.clone(),
                    clock: clock.clone(),
                    written,
                    state: tokio::sync::Mutex::default(),
                    due: Mutex::default(),
                });
            }
        }
        Ok(Self(Arc::new(readers)))
    }

    /// Hands on every record that is due, until none is left.
    pub(crate) async fn run_until_idle(&self) -> Result<(), String> {
        for reader in self.0.iter() {
            while reader.step().await? {}
        }
        Ok(())
    }

    /// When a batch that failed is tried again.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Reader::due).min()
    }

    /// Has the drivers look again, as after the clock was advanced.
    pub(crate) fn wake(&self) {
        self.0.iter().for_each(|reader| reader.written.notify_one());
    }

    /// Hands on records as they are written, until `shutdown`; the batch under way is finished first.
    pub(crate) async fn drive(&self, shutdown: impl Future<Output = ()>) -> Result<(), String> {
        let shutdown = shutdown.shared();
        let drivers = self.0.iter().map(|reader| reader.drive(shutdown.clone()));
        futures::future::try_join_all(drivers).await?;
        shutdown.await;
        Ok(())
    }
}

impl Reader {
    async fn drive(&self, shutdown: Shared<impl Future<Output = ()>>) -> Result<(), String> {
        loop {
            while shutdown.clone().now_or_never().is_none() && self.step().await? {}
            let latest = self.clock.now() + LONGEST_SLEEP;
            let wait = self.clock.until(self.due().map_or(latest, |due| due.min(latest)));
            tokio::select! {
                () = self.written.notified() => {}
                () = elapse(wait) => {}
                () = shutdown.clone() => return Ok(()),
            }
        }
    }

    fn due(&self) -> Option<Timestamp> {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_due(&self, due: Option<Timestamp>) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }

    /// Hands on one batch. False if there was nothing to do yet.
    async fn step(&self) -> Result<bool, String> {
        let mut state = self.state.lock().await;
        if self.due().is_some_and(|due| due > self.clock.now()) {
            return Ok(false);
        }
        let records = self.read(state.split.unwrap_or(self.mapping.batch_size)).await?;
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(false);
        };
        let before = records.len();
        let batch =
            Batch::of(&self.source, records.into_iter().filter(|record| self.mapping.wants(&record.body)));
        if batch.is_empty() {
            self.advance(last).await?;
            return Ok(true);
        }
        let answer = self.functions.invoke(&self.mapping.function, batch.event()).await;
        match Outcome::of(answer, &batch, self.mapping.report_batch_item_failures) {
            Outcome::Done => {
                self.advance(last).await?;
                *state = State::default();
                self.set_due(None);
            }
            Outcome::DoneBefore(sequence, _) if batch.first() < Some(sequence) => {
                // Everything before the one that failed is done, what was passed over included.
                self.advance(sequence - 1).await?;
                *state = State::default();
                self.set_due(None);
            }
            Outcome::DoneBefore(..) | Outcome::Failed(_)
                if self.mapping.bisect && before > 1 && batch.len() > 1 =>
            {
                state.split = Some(u32::try_from(before.div_ceil(2)).unwrap_or(1));
            }
            Outcome::DoneBefore(_, why) | Outcome::Failed(why) => {
                self.put_off(&mut state, why, &batch, last).await?;
            }
        }
        Ok(true)
    }

    /// Has the batch tried again later, or gives it up.
    async fn put_off(
        &self,
        state: &mut State,
        why: InvocationError,
        batch: &Batch,
        last: i64,
    ) -> Result<(), String> {
        state.attempts += 1;
        if self.mapping.maximum_retry_attempts.is_none_or(|most| state.attempts <= most) {
            let doublings = state.attempts.saturating_sub(1).min(LONGEST_RETRY_SECONDS.ilog2() + 1);
            let seconds = (FIRST_RETRY_SECONDS << doublings).min(LONGEST_RETRY_SECONDS);
            self.set_due(Some(self.clock.now() + SignedDuration::from_secs(seconds)));
            return Ok(());
        }
        // Told before it is passed over: whoever looks after failures rather hears of one twice than never.
        if let Some(queue) = &self.failures {
            let message = batch.given_up(&self.source, state.attempts, &why, self.clock.now());
            let request = json!({ "QueueUrl": queue, "MessageBody": message.to_string() }).to_string();
            let (status, answer) =
                self.queues.handle_aws_waiting("AmazonSQS.SendMessage", request.as_bytes()).await;
            if status != 200 {
                return Err(format!("the failure of a stream's batch could not be sent: {answer}"));
            }
        }
        self.advance(last).await?;
        *state = State::default();
        self.set_due(None);
        Ok(())
    }

    async fn read(&self, limit: u32) -> Result<Vec<Record>, String> {
        let table = self.mapping.table.clone();
        let consumer = self.mapping.function.clone();
        self.store
            .with(move |tables| {
                let position = tables.records().position(&table, &consumer)?;
                tables.records().after(&table, position, limit)
            })
            .await
            .map_err(|closed| closed.to_string())?
            .map_err(|error: rusqlite::Error| error.to_string())
    }

    async fn advance(&self, position: i64) -> Result<(), String> {
        let table = self.mapping.table.clone();
        let consumer = self.mapping.function.clone();
        self.store
            .with(move |tables| tables.records().advance(&table, &consumer, position))
            .await
            .map_err(|closed| closed.to_string())?
            .map_err(|error| error.to_string())
    }
}
