//! Signed rules: a compact JWS (RFC 7515 section 7.1), verified with one of the server's published keys.

use data_encoding::BASE64URL_NOPAD;
use scrip_identity::{Jwk, verify_signature};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A rule and its claims are far smaller.
const JWS_MAX_BYTES: usize = 64 * 1024;

/// The keys that the server signs with, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublishedKeys(BTreeMap<String, Jwk>);

/// Why a signed text is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// It is no compact JWS of what is expected; the text names the part.
    Malformed(&'static str),
    /// No published key has this id.
    UnknownKey(String),
    /// It was not made with that key over this text.
    BadSignature,
}

/// What is read of the header. Keys in it are never looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl PublishedKeys {
    /// Reads a JWK Set (RFC 7517 section 5). Keys of other types, for other uses or without an id are skipped.
    pub(crate) fn parse(set: &Value) -> Option<Self> {
        let KeySet { keys } = KeySet::deserialize(set).ok()?;
        let keys = keys.iter().filter_map(|key| {
            let usable = key.get("use").is_none_or(|usage| usage == "sig");
            let names = ["kty", "crv", "x", "y"].into_iter();
            let members =
                names.filter_map(|name| Some((name.to_owned(), key.get(name)?.clone()))).collect::<Value>();
            let jwk = serde_json::from_value(members).ok().filter(|_| usable)?;
            Some((key.get("kid")?.as_str()?.to_owned(), jwk))
        });
        Some(Self(keys.collect()))
    }

    /// The claims, if one of the keys has signed them.
    ///
    /// # Errors
    /// They are not to be believed.
    pub(crate) fn verify<C: DeserializeOwned>(&self, jws: &str) -> Result<C, SignatureError> {
        if jws.len() > JWS_MAX_BYTES {
            return Err(SignatureError::Malformed("length"));
        }
        let (signed, signature) = jws.rsplit_once('.').ok_or(SignatureError::Malformed("signature"))?;
        let (header, claims) = signed.split_once('.').ok_or(SignatureError::Malformed("header"))?;
        let header: Header = decoded(header, "header")?;
        // Extensions that must be understood are not (RFC 7515 section 4.1.11).
        if header.crit.is_some() {
            return Err(SignatureError::Malformed("crit"));
        }
        let key = self.0.get(&header.kid).ok_or(SignatureError::UnknownKey(header.kid))?;
        // The key alone decides the algorithm (RFC 8725 section 3.1).
        if header.alg != key.algorithm() || !verify_signature(key, signed.as_bytes(), signature) {
            return Err(SignatureError::BadSignature);
        }
        decoded(claims, "claims")
    }
}

fn decoded<V: DeserializeOwned>(part: &str, name: &'static str) -> Result<V, SignatureError> {
    let json = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| SignatureError::Malformed(name))?;
    serde_json::from_slice(&json).map_err(|_| SignatureError::Malformed(name))
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(part) => write!(f, "the signed rule is malformed: {part}"),
            Self::UnknownKey(kid) => {
                write!(f, "the rule is signed with {kid}, which the server has not published")
            }
            Self::BadSignature => f.write_str("the rule's signature does not hold"),
        }
    }
}

impl std::error::Error for SignatureError {}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_identity::{Algorithm, SigningKey};
    use serde_json::json;

    fn published(kid: &str, key: &SigningKey) -> Value {
        let mut jwk: Value = serde_json::from_str(&key.public_jwk().canonical_json()).unwrap();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(key.public_jwk().algorithm());
        jwk
    }

    #[test]
    fn what_a_published_key_signed_is_believed() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
            let key = SigningKey::generate(algorithm);
            let keys = PublishedKeys::parse(&json!({ "keys": [published("k1", &key)] })).unwrap();
            let jws = key.sign_jwt("k1", &json!({ "a": 1 }));
            assert_eq!(keys.verify::<Value>(&jws).unwrap(), json!({ "a": 1 }));
        }
    }

    #[test]
    fn nothing_else_is() {
        let (key, other) = (SigningKey::generate(Algorithm::EdDsa), SigningKey::generate(Algorithm::Es256));
        let keys = PublishedKeys::parse(&json!({ "keys": [published("k1", &key)] })).unwrap();
        let verify = |jws: &str| keys.verify::<Value>(jws).unwrap_err();
        let jws = key.sign_jwt("k1", &json!({ "percentage": "10" }));
        let forged = BASE64URL_NOPAD.encode(br#"{"percentage":"90"}"#);
        let parts: Vec<&str> = jws.split('.').collect();

        assert_eq!(verify(&[parts[0], &forged, parts[2]].join(".")), SignatureError::BadSignature);
        assert_eq!(verify(&other.sign_jwt("k1", &json!({}))), SignatureError::BadSignature);
        assert_eq!(verify(&other.sign_jwt("k2", &json!({}))), SignatureError::UnknownKey("k2".into()));
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","kid":"k1"}"#);
        assert_eq!(verify(&format!("{none}.{}.", parts[1])), SignatureError::BadSignature);
        let critical = BASE64URL_NOPAD.encode(br#"{"alg":"EdDSA","kid":"k1","crit":["x"]}"#);
        assert_eq!(verify(&format!("{critical}.{}.", parts[1])), SignatureError::Malformed("crit"));
        for text in ["", "a.b", "a.b.c", &"a".repeat(JWS_MAX_BYTES + 1)] {
            assert!(matches!(verify(text), SignatureError::Malformed(_)));
        }
    }

    #[test]
    fn keys_that_cant_be_used_are_skipped() {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let mut encrypting = published("k2", &key);
        encrypting["use"] = json!("enc");
        let set = json!({ "keys": [{ "kty": "RSA", "kid": "k0" }, encrypting, published("k1", &key), 7] });
        let keys = PublishedKeys::parse(&set).unwrap();
        assert_eq!(keys.0.keys().collect::<Vec<_>>(), ["k1"]);
        assert!(PublishedKeys::parse(&json!([])).is_none());
    }
}
