//! What holds for every route of the template alike.

mod bodies;
mod callers;
mod cases;
mod deductions;
mod ids;
mod keys;
mod paths;

pub use cases::{Case, cases};
