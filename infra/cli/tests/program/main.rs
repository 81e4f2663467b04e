//! The program, as a process of its own. This suite is here and not with the others, since only this package's tests are
//! given the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::print_stdout, reason = "what a failed run is repeated with")]

mod commands;
mod durability;
