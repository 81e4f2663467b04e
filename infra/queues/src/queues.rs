use crate::aws;
use crate::error::Error;
use crate::spec::{self, ACCOUNT, QueueSpec, Specs};
use crate::store::{Storage, Store};
use scrip_clock::Clock;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The declared queues; clones share them.
#[derive(Clone)]
pub struct Queues {
    shared: Arc<Shared>,
}

struct Shared {
    store: Mutex<Store>,
    specs: Specs,
    base_url: String,
    clock: Clock,
    changed: Notify,
}

/// How many messages a queue holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Depth {
    pub name: String,
    /// Messages that a receive would get.
    pub visible: u64,
    /// Messages received and not yet deleted or visible again.
    pub in_flight: u64,
    /// Messages sent that are not yet due.
    pub delayed: u64,
    /// Where messages go that can't be processed.
    pub dead_letter_queue: Option<String>,
    /// Messages in the dead-letter queue, in whichever state.
    pub dead_letters: u64,
}

impl Queues {
    /// Opens the queues that are declared now. Queue URLs are `<base_url>/000000000000/<name>`.
    ///
    /// # Errors
    /// A declaration that SQS would refuse or that is not implemented; a file that can't be opened.
    pub fn open(
        storage: &Storage,
        base_url: impl Into<String>,
        declared: Vec<QueueSpec>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let specs = spec::checked(declared)?;
        let store = Store::open(storage, &specs, clock.now().as_millisecond())?;
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        let shared = Shared { store: Mutex::new(store), specs, base_url, clock, changed: Notify::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Answers a request of the SQS JSON protocol, such as `AmazonSQS.SendMessage`, with the HTTP status and the
    /// body. It never waits: `WaitTimeSeconds` is checked and otherwise ignored.
    pub fn handle_aws(&self, target: &str, body: &[u8]) -> (u16, Value) {
        aws::answer(self, target, body)
    }

    /// As [`Queues::handle_aws`], off the calling task's thread; a receive waits up to its `WaitTimeSeconds`, in
    /// real time, for a message.
    pub async fn handle_aws_waiting(&self, target: &str, body: &[u8]) -> (u16, Value) {
        aws::answer_waiting(self, target, body).await
    }

    /// How many messages each queue holds, by name.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn depths(&self) -> Result<Vec<Depth>, Error> {
        let (store, now) = self.store();
        let depth = |spec: &QueueSpec| {
            let counts = store.counts(spec, now)?;
            let dead_letter_queue = spec.redrive.as_ref().map(|redrive| redrive.dead_letter_queue.clone());
            let dead = match dead_letter_queue.as_ref().and_then(|name| self.spec(name)) {
                Some(dead) => store.counts(dead, now)?,
                None => crate::store::Counts::default(),
            };
            Ok(Depth {
                name: spec.name.clone(),
                visible: counts.visible,
                in_flight: counts.in_flight,
                delayed: counts.delayed,
                dead_letter_queue,
                dead_letters: dead.visible + dead.in_flight + dead.delayed,
            })
        };
        self.shared.specs.values().map(depth).collect()
    }

    /// The URL of a declared queue, which functions get in their environment.
    pub fn url(&self, name: &str) -> Option<String> {
        self.spec(name).map(|spec| format!("{}/{ACCOUNT}/{}", self.shared.base_url, spec.name))
    }

    /// Says that the clock was advanced: waiting receives and pollers look again.
    pub fn wake(&self) {
        self.shared.changed.notify_waiters();
    }

    pub(crate) fn changed(&self) -> &Notify {
        &self.shared.changed
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn spec(&self, name: &str) -> Option<&QueueSpec> {
        self.shared.specs.get(name)
    }

    pub(crate) fn specs(&self) -> &Specs {
        &self.shared.specs
    }

    /// The store and the time, which is taken once the store is ours: what is done in order is timed in order. A
    /// panic elsewhere has rolled its transaction back, so a poisoned lock guards a sound store.
    pub(crate) fn store(&self) -> (MutexGuard<'_, Store>, i64) {
        let store = self.shared.store.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.shared.clock.now().as_millisecond();
        (store, now)
    }

    /// Runs what waits for the disk where waiting is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let queues = self.clone();
        tokio::task::spawn_blocking(move || work(&queues)).await.map_err(|_| Error::Interrupted)
    }
}
