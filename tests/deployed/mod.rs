//! What only a deployed stack has: faults that come from outside, queues that others send to, logs.

mod batches;
mod confirmations;
mod control;
pub(crate) mod log;
mod queue;
mod retries;
mod selection;
mod service;
