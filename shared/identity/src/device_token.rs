//! Terminals, POS and merchant servers prove who they are with a JWT that they sign themselves, one for each
//! request: it is short-lived and names the hash of the body.

use crate::jws::{Jws, NumericDate};
use crate::{Jwk, SigningKey, TokenError, base64url};
use jiff::{SignedDuration, Timestamp};
use scrip_fields::is_word;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The `aud` of every device token.
pub const DEVICE_AUDIENCE: &str = "scrip";
/// The longest time from `iat` to `exp`.
pub const DEVICE_TOKEN_MAX_SECONDS: i64 = 60;

/// How far a device's clock may be ahead of ours. One that is behind uses up its token's own lifetime: `exp`
/// counts as it stands, so that a token that was seen on the way is of no use 90 seconds after it was made.
const CLOCK_SKEW_SECONDS: i64 = 30;
const DEVICE_ID_PREFIX: &str = "dev_";
const DEVICE_ID_MAX_BYTES: usize = 64;

/// A device that has proven to be one, and the body that its token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceClaims {
    /// The device's id.
    pub device: String,
    /// What [`body_sha256`] of the request's body has to be.
    pub body_sha256: String,
    /// When the token ends, for whoever keeps this answer.
    pub expires_at: Timestamp,
}

/// How a token has to be verified. It says nothing about whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As a user's access token.
    User,
    /// As the token of the device with this id, with its registered key.
    Device(String),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: NumericDate,
    exp: NumericDate,
    body_sha256: String,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// How to verify a token: a device's if it can be read and both `kid` and `iss` are a device's id, else a
/// user's.
pub fn classify(token: &str) -> Kind {
    peek_device(token).map_or(Kind::User, Kind::Device)
}

/// The device whose key is needed to verify the token, unverified; `None` if it is no device token.
pub fn peek_device(token: &str) -> Option<String> {
    let jws = Jws::parse(token).ok()?;
    let Issuer { iss } = jws.peek().ok()?;
    let kid = jws.header.kid?;
    (is_device_id(&kid) && is_device_id(&iss)).then_some(kid)
}

/// Verifies a device's token with the device's registered key at the time `now`.
///
/// # Errors
/// It does not hold.
pub fn verify_device(token: &str, key: &Jwk, now: Timestamp) -> Result<DeviceClaims, TokenError> {
    let jws = Jws::parse(token)?;
    if !["EdDSA", "ES256"].contains(&jws.header.alg.as_str()) {
        return Err(TokenError::AlgorithmNotAccepted);
    }
    jws.expect_type(&["JWT"])?;
    let claims: Claims = jws.verify(key.algorithm(), &key.decoding_key())?;

    if !is_device_id(&claims.iss) || jws.header.kid.as_deref() != Some(claims.iss.as_str()) {
        return Err(TokenError::WrongIssuer);
    }
    if claims.aud != DEVICE_AUDIENCE {
        return Err(TokenError::WrongAudience);
    }
    let (NumericDate(issued), NumericDate(expires_at)) = (claims.iat, claims.exp);
    let lifetime = expires_at.duration_since(issued);
    if !lifetime.is_positive() || lifetime > SignedDuration::from_secs(DEVICE_TOKEN_MAX_SECONDS) {
        return Err(TokenError::LifetimeNotAllowed);
    }
    if now >= expires_at {
        return Err(TokenError::Expired);
    }
    if issued.duration_since(now) > SignedDuration::from_secs(CLOCK_SKEW_SECONDS) {
        return Err(TokenError::NotYetValid);
    }
    if base64url::decode_32(&claims.body_sha256).is_none() {
        return Err(TokenError::Malformed("body_sha256"));
    }

    Ok(DeviceClaims { device: claims.iss, body_sha256: claims.body_sha256, expires_at })
}

/// The token of a device for one request, good for 60 seconds from `now`.
pub fn sign_device(key: &SigningKey, device: &str, body: &[u8], now: Timestamp) -> String {
    let issued = now.as_second();
    key.sign_jwt(
        device,
        &json!({
            "iss": device,
            "aud": DEVICE_AUDIENCE,
            "iat": issued,
            "exp": issued + DEVICE_TOKEN_MAX_SECONDS,
            "body_sha256": body_sha256(body),
        }),
    )
}

/// How a body is named in a token: base64url without padding of its SHA-256. No body is the empty one.
pub fn body_sha256(body: &[u8]) -> String {
    base64url::encode(Sha256::digest(body))
}

fn is_device_id(text: &str) -> bool {
    text.len() > DEVICE_ID_PREFIX.len()
        && text.len() <= DEVICE_ID_MAX_BYTES
        && text.starts_with(DEVICE_ID_PREFIX)
        && is_word(text)
}

#[cfg(test)]
mod tests;
