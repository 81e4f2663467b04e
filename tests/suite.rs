//! The black-box suites, in one binary: each drives the running system as its users do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::large_futures,
    reason = "a test that can't go on fails"
)]

mod api;
#[cfg(not(feature = "deployed"))]
mod budgets;
mod concurrency;
#[cfg(not(feature = "deployed"))]
mod deploy;
#[cfg(feature = "deployed")]
mod deployed;
#[cfg(not(feature = "deployed"))]
mod docs;
#[cfg(not(feature = "deployed"))]
mod faults;
#[cfg(not(feature = "deployed"))]
mod second_store;
#[cfg(not(feature = "deployed"))]
mod tidy;
mod workflows;
