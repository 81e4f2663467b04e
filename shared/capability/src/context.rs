//! One invocation, as capabilities see it.

use crate::environment::Environment;
use crate::kept::Kept;
use scrip_clock::Clock;
use scrip_identity::Keyring;
use scrip_store::{Deadline, Store};
use std::sync::Arc;

/// What an invocation has that capabilities are made of.
#[derive(Clone)]
pub struct Context {
    /// The function's variables, among which are the names of its tables.
    pub environment: Arc<Environment>,
    /// What the function keeps beyond the invocation.
    pub kept: Arc<Kept>,
    /// The time, in UTC.
    pub clock: Clock,
    /// The store, metered for this invocation.
    pub store: Store,
    /// How long it may wait for others.
    pub deadline: Deadline,
    /// Keys derived from the master secret, where the template names it.
    pub keyring: Option<Keyring>,
}
