//! Tokens: which prove who calls, and which don't.

mod device_tokens;
mod user_tokens;
