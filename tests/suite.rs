//! The black-box suites, in one binary: each drives the running system as its users do.
#![allow(missing_docs, reason = "tests say in their names what must be true")]

mod api;
mod budgets;
mod concurrency;
mod docs;
mod tidy;
mod workflows;
