//! What the black-box suites share: a running system, and the people and devices that use it over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]

mod answer;
mod bill;
mod books;
mod contract;
pub mod coupons;
pub mod deductions;
mod deployed;
mod executions;
mod faults;
pub mod groups;
mod log;
mod people;
mod phone;
mod pos;
mod provider;
mod starting;
mod system;
mod time;
mod trace;
pub mod webhooks;
mod wire;

pub use answer::Answer;
pub use bill::Bill;
pub use books::Books;
pub use contract::Contract;
pub use deployed::{Stack, aws_at};
pub use executions::Execution;
pub use faults::{Fault, Faults};
pub use log::{Invocation, MemoryLog};
pub use people::{Caller, Shop, Terminal, User};
pub use phone::Phone;
pub use pos::Pos;
pub use system::{Issuer, Scrip, fresh_key};
pub use trace::Trace;
pub use wire::{Break, Met, Wire, Written, silent_services};
