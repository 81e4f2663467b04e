//! Public keys as JSON Web Keys (RFC 7517): Ed25519 (RFC 8037) and P-256 (RFC 7518 section 6.2).

use crate::base64url;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A public key that was checked: its point is on the curve, and it holds nothing but the key. Its JSON is
/// canonical (RFC 7638 section 3: required members alone, in lexicographic order).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct Jwk(Point);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Point {
    Ed25519 { x: [u8; 32] },
    P256 { x: [u8; 32], y: [u8; 32] },
}

/// The JSON form. Other members are refused, above all `d`: who sends a private key must be told.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    crv: String,
    kty: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// Why members are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwkError {
    /// Neither `OKP` with `Ed25519` nor `EC` with `P-256`.
    UnsupportedType,
    /// `y` is missing from an EC key, or an OKP key has one.
    WrongMembers,
    /// A coordinate is not 32 bytes in base64url without padding.
    WrongLength,
    /// The point is not on the curve, or is one for which anybody can make signatures.
    InvalidPoint,
}

impl fmt::Display for JwkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnsupportedType => "the key is neither OKP with Ed25519 nor EC with P-256",
            Self::WrongMembers => "an EC key has x and y, an OKP key has x alone",
            Self::WrongLength => "a coordinate is not 32 bytes in base64url without padding",
            Self::InvalidPoint => "the point is not a valid public key of the curve",
        })
    }
}

impl std::error::Error for JwkError {}

impl Jwk {
    /// A key from the members of its JSON.
    ///
    /// # Errors
    /// The members are not a valid public key.
    pub(crate) fn from_members(kty: &str, crv: &str, x: &str, y: Option<&str>) -> Result<Self, JwkError> {
        let coordinate = |text| base64url::decode_32(text).ok_or(JwkError::WrongLength);
        match (kty, crv, y) {
            ("OKP", "Ed25519", None) => Self::ed25519(coordinate(x)?),
            ("EC", "P-256", Some(y)) => Self::p256(coordinate(x)?, coordinate(y)?),
            ("OKP", "Ed25519", Some(_)) | ("EC", "P-256", None) => Err(JwkError::WrongMembers),
            _ => Err(JwkError::UnsupportedType),
        }
    }

    pub(crate) fn ed25519(x: [u8; 32]) -> Result<Self, JwkError> {
        match ed25519_dalek::VerifyingKey::from_bytes(&x) {
            // For a weak key, one of small order, there are signatures that fit nearly any message.
            Ok(key) if !key.is_weak() => Ok(Self(Point::Ed25519 { x })),
            _ => Err(JwkError::InvalidPoint),
        }
    }

    pub(crate) fn p256(x: [u8; 32], y: [u8; 32]) -> Result<Self, JwkError> {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&uncompressed(&x, &y))
            .map(|_| Self(Point::P256 { x, y }))
            .map_err(|_| JwkError::InvalidPoint)
    }

    /// The `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1) of the signatures it verifies: `EdDSA` or
    /// `ES256`.
    pub fn algorithm(&self) -> &'static str {
        match self.0 {
            Point::Ed25519 { .. } => "EdDSA",
            Point::P256 { .. } => "ES256",
        }
    }

    /// The key as JSON with its members in lexicographic order and without white space.
    pub fn canonical_json(&self) -> String {
        let Members { crv, kty, x, y } = self.clone().into();
        match y {
            Some(y) => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#),
            None => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#),
        }
    }

    /// The thumbprint (RFC 7638): base64url of the SHA-256 of the canonical JSON.
    pub fn thumbprint(&self) -> String {
        base64url::encode(Sha256::digest(self.canonical_json()))
    }

    pub(crate) fn decoding_key(&self) -> DecodingKey {
        match &self.0 {
            Point::Ed25519 { x } => DecodingKey::from_ed_der(x),
            Point::P256 { x, y } => DecodingKey::from_ec_der(&uncompressed(x, y)),
        }
    }
}

/// Whether the signature is the key's over the message. It is base64url without padding of 64 bytes:
/// Ed25519's (RFC 8032), or ES256's `r` and `s` (RFC 7518 section 3.4).
pub fn verify_signature(key: &Jwk, message: &[u8], signature_base64url: &str) -> bool {
    let algorithm = match key.0 {
        Point::Ed25519 { .. } => jsonwebtoken::Algorithm::EdDSA,
        Point::P256 { .. } => jsonwebtoken::Algorithm::ES256,
    };
    jsonwebtoken::crypto::verify(signature_base64url, message, &key.decoding_key(), algorithm)
        .unwrap_or(false)
}

/// A point in uncompressed form (SEC 1 section 2.3.3).
fn uncompressed(x: &[u8; 32], y: &[u8; 32]) -> [u8; 65] {
    let mut point = [4; 65];
    point[1..33].copy_from_slice(x);
    point[33..].copy_from_slice(y);
    point
}

impl TryFrom<Members> for Jwk {
    type Error = JwkError;

    fn try_from(members: Members) -> Result<Self, JwkError> {
        Self::from_members(&members.kty, &members.crv, &members.x, members.y.as_deref())
    }
}

impl From<Jwk> for Members {
    fn from(Jwk(point): Jwk) -> Self {
        let (kty, crv, x, y) = match point {
            Point::Ed25519 { x } => ("OKP", "Ed25519", x, None),
            Point::P256 { x, y } => ("EC", "P-256", x, Some(y)),
        };
        Self {
            crv: crv.to_owned(),
            kty: kty.to_owned(),
            x: base64url::encode(x),
            y: y.map(base64url::encode),
        }
    }
}

#[cfg(test)]
mod tests;
