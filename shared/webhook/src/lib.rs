//! Standard Webhooks: how a third party's server signs what it posts, and how the signature is checked. No I/O.
//!
//! Signed is `id.timestamp.body`. The header holds signatures apart by blanks, each a version, a comma and base64:
//! `v1` is HMAC-SHA256 with a shared secret, `v1a` is Ed25519.
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

mod headers;
mod key;

pub use headers::{
    Headers, ID_PATTERN, MAX_ID_CHARACTERS, MAX_SIGNATURE_CHARACTERS, MAX_SIGNATURES, Rejected,
    TIMESTAMP_PATTERN, TOLERANCE_SECONDS, verify,
};
pub use key::{KeyError, MAX_SECRET_BYTES, MIN_SECRET_BYTES, PublicKey, Secret, VerifyingKey};
