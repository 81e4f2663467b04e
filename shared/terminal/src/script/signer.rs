//! The server's part in signed rules.

use super::answer;
use crate::{Response, TransportError};
use jiff::Timestamp;
use scrip_identity::{Algorithm, SigningKey};
use serde_json::{Value, json};

pub(crate) const MERCHANT: &str = "mch_1";

/// Signs rules as the server does.
pub(crate) struct Signer {
    key: SigningKey,
    kid: String,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let kid = key.public_jwk().thumbprint();
        Self { key, kid }
    }

    /// What `GET /v1/deductions/keys` answers.
    pub(crate) fn keys(&self) -> Result<Response, TransportError> {
        let mut jwk: Value = serde_json::from_str(&self.key.public_jwk().canonical_json()).unwrap();
        jwk["kid"] = json!(self.kid);
        answer(200, json!({ "keys": [jwk] }))
    }

    /// A promotion of so many percent, believed until a time.
    pub(crate) fn claims(item: &str, version: u32, percent: u32, until: Timestamp) -> Value {
        json!({
            "merchant": MERCHANT, "item": item, "version": version, "kind": "promotion",
            "rule": { "effect": { "percentage": percent.to_string() } },
            "valid_from": null, "valid_until": null, "iat": 0, "exp": until.as_second(),
        })
    }

    pub(crate) fn signed(&self, claims: &Value) -> Value {
        let mut rule = claims.clone();
        rule["signature"] = json!(self.key.sign_jwt(&self.kid, claims));
        rule
    }

    /// What the route of an item's rule answers.
    pub(crate) fn rule(&self, claims: &Value) -> Result<Response, TransportError> {
        answer(200, self.signed(claims))
    }
}

/// What the list of automatic items answers.
pub(crate) fn automatic(items: &[&str]) -> Result<Response, TransportError> {
    let items: Vec<_> = items.iter().map(|item| json!({ "item": item, "version": 1 })).collect();
    answer(200, json!({ "items": items, "next": null }))
}
