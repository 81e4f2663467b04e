//! One invocation, as capabilities see it.

use crate::environment::Environment;
use crate::kept::Kept;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_identity::Keyring;
use scrip_store::{Deadline, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};

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

impl Context {
    /// An invocation that reaches nothing, in which time stands still: for what is decided or planned before anything is
    /// sent.
    pub fn unconnected(
        variables: impl IntoIterator<Item = (String, String)>,
        now: Timestamp,
        keyring: Option<Keyring>,
    ) -> Self {
        let deadline = Deadline::new(Instant::now(), Duration::ZERO);
        Self {
            environment: Arc::new(Environment::new(variables.into_iter().collect())),
            kept: Arc::default(),
            clock: Clock::standing_at(now, SignedDuration::ZERO),
            store: Store::unconnected(deadline),
            deadline,
            keyring,
        }
    }
}
