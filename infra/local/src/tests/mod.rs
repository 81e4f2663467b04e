//! The platform as a whole, with a small application of its own.

mod bench;
mod conflicts;
mod gateway;
mod local;
mod restart;
mod services;
mod sign_in;
mod streams;
