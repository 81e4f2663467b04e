//! The embedded platform's queues: SQS standard queues on SQLite, with event source mappings.
//!
//! What a send acknowledged is on disk and survives a crash; every delivery is at least once. Time comes from
//! [`scrip_clock::Clock`] alone, so a clock that is advanced makes delayed and hidden messages due at once.
//! [`Queues`] speaks the AWS JSON 1.0 protocol of SQS; a [`Poller`] hands batches to functions as Lambda does.

mod attributes;
mod aws;
mod digest;
mod error;
mod event;
mod mapping;
mod outcome;
mod poller;
mod queues;
mod receipt;
mod spec;
mod store;

pub use aws::query_error;
pub use error::Error;
pub use mapping::{Consumer, Mapping};
pub use poller::Poller;
pub use queues::{Depth, Queues};
pub use spec::{ACCOUNT, QueueSpec, REGION, Redrive};
pub use store::Storage;
