//! Every state and every way out of every state of every machine, taken in the running system; and what starts them.

mod bill_expiry;
mod coverage;
mod scene;
mod starting;
