//! The commands of simulated phones, points of sale and terminals, as processes of their own against the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(missing_docs, reason = "tests say in their names what must be true")]

mod deductions;
mod machine;
mod offline;
