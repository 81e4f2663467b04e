//! The keys of a token issuer (JWK Set, RFC 7517 section 5).

use crate::{Jwk, TokenError, base64url};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// Shorter RSA keys are no proof (NIST SP 800-131A); longer ones than the largest are not verified by the
/// library.
const RSA_MODULUS_MIN_BITS: usize = 2048;
const RSA_MODULUS_MAX_BITS: usize = 4096;

/// The keys that an issuer signs tokens with. Each verifies exactly one algorithm: `RS256`, `ES256` or
/// `EdDSA`.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<IssuerKey>,
}

#[derive(Clone, Debug)]
pub(crate) struct IssuerKey {
    kid: Option<String>,
    pub(crate) algorithm: &'static str,
    pub(crate) key: DecodingKey,
}

/// Why a text is not a usable key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// It is not a JSON object with an array `keys`.
    Malformed,
    /// None of its keys verifies `RS256`, `ES256` or `EdDSA`.
    NoUsableKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The members that matter here; an issuer's keys may have more.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Value>,
}

impl KeySet {
    /// Reads a JWK Set. As RFC 7517 section 5 asks, keys that can't be used here are skipped: of another type
    /// or `use`, too short, invalid, or published together with their private part.
    ///
    /// # Errors
    /// It is not a key set, or no key is left.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        let members = document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<_> = members.filter_map(IssuerKey::from_members).collect();
        if keys.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// A set of one key.
    pub fn of(kid: &str, key: &Jwk) -> Self {
        Self { keys: vec![IssuerKey::of(Some(kid.to_owned()), key)] }
    }

    /// Whether a key has this id.
    pub fn contains(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The key for a token's header. Without a `kid` it must be the only one for the algorithm (`OpenID`
    /// Connect Core section 10.1).
    pub(crate) fn select(&self, kid: Option<&str>, algorithm: &str) -> Result<&IssuerKey, TokenError> {
        let fits = |key: &&IssuerKey| key.algorithm == algorithm;
        let Some(kid) = kid else {
            let mut fitting = self.keys.iter().filter(fits);
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(key),
                _ => Err(TokenError::UnknownKey),
            };
        };
        if !self.contains(kid) {
            return Err(TokenError::UnknownKey);
        }
        let mut named = self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid));
        named.find(fits).ok_or(TokenError::AlgorithmNotOfKey)
    }
}

impl IssuerKey {
    fn of(kid: Option<String>, key: &Jwk) -> Self {
        Self { kid, algorithm: key.algorithm(), key: key.decoding_key() }
    }

    fn from_members(members: Members) -> Option<Self> {
        let Members { kty, kid, alg, usage, key_ops, crv, x, y, n, e, d } = members;
        let verifies = usage.is_none_or(|usage| usage == "sig")
            && key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if d.is_some() || !verifies {
            return None;
        }
        let key = if kty == "RSA" {
            Self { kid, algorithm: "RS256", key: rsa_key(&n?, &e?)? }
        } else {
            Self::of(kid, &Jwk::from_members(&kty, &crv?, &x?, y.as_deref()).ok()?)
        };
        alg.is_none_or(|alg| alg == key.algorithm).then_some(key)
    }
}

fn rsa_key(n: &str, e: &str) -> Option<DecodingKey> {
    let (n, e) = (base64url::decode(n)?, base64url::decode(e)?);
    let first = n.iter().position(|&byte| byte != 0)?;
    let leading_zeros = usize::try_from(n[first].leading_zeros()).ok()?;
    let bits = (n.len() - first) * 8 - leading_zeros;
    let usable = (RSA_MODULUS_MIN_BITS..=RSA_MODULUS_MAX_BITS).contains(&bits);
    usable.then(|| DecodingKey::from_rsa_raw_components(&n[first..], &e))
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a JWK Set",
            Self::NoUsableKey => "the JWK Set has no key for RS256, ES256 or EdDSA",
        })
    }
}

impl std::error::Error for KeySetError {}

#[cfg(test)]
mod tests;
