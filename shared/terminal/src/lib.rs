//! What an intelligent terminal is built with: rules fetched, verified and cached, values calculated with the server's
//! own code, transfers signed and sent; and what a point of sale needs for offline payments.
//!
//! It brings no HTTP client, no timers and no disk: [`Transport`], [`Waiter`] and the clock are the terminal's, and its
//! state is plain data that the terminal keeps.

mod client;
mod payment;
pub mod pos;
mod problem;
mod retries;
mod rules;
#[cfg(test)]
mod script;
mod segment;
mod signature;
mod terminal;
mod transport;

pub use client::{Answer, Client, Device};
pub use payment::{NotAReference, OrderReference, Payer, Secret};
pub use problem::{CallError, Problem};
pub use retries::{Retries, Waiter};
pub use rules::{RuleError, Rules, SignedRule};
pub use signature::SignatureError;
pub use terminal::{ItemVersion, Outcome, Payment, Quote, Receipt, Terminal, TerminalError};
pub use transport::{Method, Request, Response, Transport, TransportError};
