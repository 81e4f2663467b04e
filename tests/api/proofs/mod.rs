//! Tokens: which prove who calls, and which don't.

mod device_tokens;
#[cfg(not(feature = "deployed"))]
mod provider;
mod user_tokens;
