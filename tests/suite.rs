//! The black-box suites, in one binary: each drives the running system as its users do.
#![allow(missing_docs, reason = "tests say in their names what must be true")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::large_futures,
    reason = "a test that can't go on fails"
)]

mod api;
mod budgets;
mod concurrency;
mod docs;
mod tidy;
mod workflows;
