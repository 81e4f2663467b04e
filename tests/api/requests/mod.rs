//! What is the same in the requests of several operations.

mod amounts;
mod pages;
mod texts;
