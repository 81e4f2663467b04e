//! Every state and every way out of every state of every machine, taken in the running system; and what starts them.

mod bill_expiry;
#[cfg(not(feature = "deployed"))]
mod causes;
#[cfg(not(feature = "deployed"))]
mod coverage;
mod executions;
#[cfg(not(feature = "deployed"))]
mod metrics;
#[cfg(not(feature = "deployed"))]
mod queue;
mod scene;
#[cfg(not(feature = "deployed"))]
mod starting;
