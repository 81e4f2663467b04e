//! Every state and every way out of every state of every machine, taken in the running system; and what starts them.

mod bill_expiry;
#[cfg(not(feature = "deployed"))]
mod causes;
#[cfg(not(feature = "deployed"))]
mod confirmations;
mod coupon_reward;
pub(crate) mod coupons;
#[cfg(not(feature = "deployed"))]
mod coverage;
mod executions;
#[cfg(not(feature = "deployed"))]
mod metrics;
pub(crate) mod offline;
mod offline_authorization;
pub(crate) mod payment_request;
#[cfg(not(feature = "deployed"))]
mod pos_batches;
#[cfg(not(feature = "deployed"))]
mod pos_batches_waiting;
mod pos_settlement;
#[cfg(not(feature = "deployed"))]
mod queue;
mod scenarios;
pub(crate) mod scene;
#[cfg(not(feature = "deployed"))]
mod starting;
