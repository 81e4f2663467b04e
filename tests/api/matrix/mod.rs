//! What holds for every route of the template alike.

mod bodies;
mod callers;
mod cases;
mod coupons;
mod deductions;
#[cfg(feature = "deployed")]
mod deployed;
mod edges;
mod groups;
mod ids;
mod keys;
mod paths;
mod sharing;

pub use cases::{Case, cases};
