//! The embedded platform: gateway, functions, tables, queues and workflows in one process on the loopback interface,
//! wired by the template that AWS is given.
//!
//! What was acknowledged is on disk; timers, messages and running executions go on at the next start. Time comes from
//! one clock, which `POST /local/clock` advances.

mod aws;
mod background;
mod data;
mod due;
mod dynamodb;
mod error;
mod functions;
mod gateway;
mod issuer;
mod openapi;
mod platform;
mod schedules;
mod sign_in;
mod source;
mod stopped;
mod store;
mod streams;
mod time;
mod wiring;
mod worlds;

#[cfg(test)]
mod tests;

pub use aws::WrittenKey;
pub use data::ClockMode;
pub use dynamodb::DynamoDb;
pub use error::StartError;
pub use platform::{Options, Platform, Running, Splice, TokenIssuer, Wire};
pub use source::Source;
pub use stopped::Stopped;

/// The region that everything here is in.
pub(crate) const REGION: &str = "local";
/// What the environment is called that everything here is.
pub(crate) const ENVIRONMENT: &str = "local";
