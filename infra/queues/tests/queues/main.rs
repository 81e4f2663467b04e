//! The queues as their users see them: the protocol, the disk, the functions.

// In a test's helpers too, what goes wrong is told by a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod dead_letters;
mod durability;
mod interleavings;
mod mappings;
mod messages;
mod sdk;
mod together;
