//! Rules and their calculation, seen from outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod checks;
mod effects;
mod properties;
mod rules;
mod sample;
mod stacking;
