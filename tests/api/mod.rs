//! Every operation over HTTP: what it answers, and to whom it does not.

mod circle;
pub mod matrix;
mod operations;
mod proofs;
mod requests;
#[cfg(not(feature = "deployed"))]
mod rotation;
mod shelf;
mod transcript;
pub mod world;

mod coverage;
mod description;
mod first_bill;
mod secrets;
