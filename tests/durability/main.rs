//! The program itself, killed, starved and misled: what it acknowledged is kept, and what it can't do it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::print_stdout, reason = "what a failed run is repeated with")]
#![allow(missing_docs, reason = "tests say in their names what must be true")]

mod client;
mod coupons;
mod disk;
mod kills;
mod link;
mod record;
mod refused;
mod server;
mod verdict;
