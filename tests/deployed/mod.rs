//! What only a deployed stack has: faults that come from outside, queues that others send to, logs.

mod confirmations;
mod control;
pub(crate) mod log;
mod queue;
mod retries;
mod service;
