//! Event source mappings: which function is given which queue's messages.
//!
//! Source: AWS Lambda API Reference, `CreateEventSourceMapping`.

use crate::error::Error;
use crate::queues::Queues;
use futures::future::BoxFuture;
use serde_json::Value;
use std::ops::RangeInclusive;

const BATCH_SIZES: RangeInclusive<u32> = 1..=10_000;
/// Larger batches have to be waited for.
const BATCH_SIZE_WITHOUT_WINDOW_MAX: u32 = 10;
const WINDOW_SECONDS: RangeInclusive<u32> = 0..=300;
const CONCURRENCY: RangeInclusive<u32> = 2..=1_000;
/// With how many batches at once Lambda starts on a standard queue.
pub(crate) const CONCURRENCY_DEFAULT: u32 = 5;

/// A queue whose messages go to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub queue: String,
    pub function: String,
    /// The most messages in one invocation, 1 to 10,000; above 10 only with a window.
    pub batch_size: u32,
    /// How long a message waits for its batch to fill, 0 to 300 s.
    pub maximum_batching_window_seconds: u32,
    /// Whether the function's answer says which messages failed; otherwise all succeed or fail together.
    pub report_batch_item_failures: bool,
    /// The most invocations at once, 2 to 1,000; 5 if not given.
    pub maximum_concurrency: Option<u32>,
    /// A mapping that is not enabled leaves its queue alone.
    pub enabled: bool,
}

impl Mapping {
    /// A mapping with the defaults of Lambda: batches of 10, no window, all or nothing, enabled.
    pub fn new(queue: impl Into<String>, function: impl Into<String>) -> Self {
        Self {
            queue: queue.into(),
            function: function.into(),
            batch_size: BATCH_SIZE_WITHOUT_WINDOW_MAX,
            maximum_batching_window_seconds: 0,
            report_batch_item_failures: false,
            maximum_concurrency: None,
            enabled: true,
        }
    }

    pub(crate) fn check(&self, queues: &Queues) -> Result<(), Error> {
        let refused = |reason: &str| {
            Err(Error::refused(&format!("mapping {} to {}", self.queue, self.function), reason))
        };
        let Some(queue) = queues.spec(&self.queue) else { return refused("the queue is not declared") };
        if queue.visibility_timeout_seconds == 0 {
            return refused(
                "the queue's visibility timeout is 0 s, so a message would be delivered again and again",
            );
        }
        if !BATCH_SIZES.contains(&self.batch_size) {
            return refused("batch_size is not within 1 to 10000");
        }
        if !WINDOW_SECONDS.contains(&self.maximum_batching_window_seconds) {
            return refused("maximum_batching_window_seconds is not within 0 to 300");
        }
        if self.batch_size > BATCH_SIZE_WITHOUT_WINDOW_MAX && self.maximum_batching_window_seconds == 0 {
            return refused("a batch_size above 10 needs a batching window of at least 1 s");
        }
        if self.maximum_concurrency.is_some_and(|concurrency| !CONCURRENCY.contains(&concurrency)) {
            return refused("maximum_concurrency is not within 2 to 1000");
        }
        Ok(())
    }
}

/// What invokes functions.
pub trait Consumer: Send + Sync + 'static {
    /// Invokes a function with an SQS event; an error or a panic fails the batch.
    fn invoke(&self, function: String, event: Value) -> BoxFuture<'static, Result<Value, String>>;

    /// Is told of a batch, or of a part of it, that returns to the queue, and why. Does nothing unless implemented.
    fn returned(&self, function: &str, messages: usize, reason: &str) {
        let _ = (function, messages, reason);
    }
}
