//! Private keys: of a device or a user's phone at the command line and in tests, and of the development
//! issuer.

use crate::{Jwk, JwkError, base64url};
use p256::ecdsa::signature::Signer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
}

/// A private key. `Debug` shows the public one alone, and the key is overwritten on drop.
#[derive(Clone)]
pub struct SigningKey {
    secret: Secret,
    public: Jwk,
}

#[derive(Clone)]
enum Secret {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

/// Why a text is not a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeyError {
    /// It is not the JSON of a private JWK with the members `crv`, `d`, `kty`, `x` and, for EC, `y`.
    Malformed,
    /// Its public part is not a key.
    Public(JwkError),
    /// `d` is not a private key of the curve.
    InvalidSecret,
    /// Its private and its public part are not of the same key.
    Mismatch,
}

/// A private JWK (RFC 8037 appendix A.1, RFC 7518 section 6.2.2).
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct PrivateMembers {
    crv: String,
    d: String,
    kty: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl SigningKey {
    /// A new key from the system's randomness.
    pub fn generate(algorithm: Algorithm) -> Self {
        // One in four billion draws is not a scalar of P-256.
        loop {
            if let Ok(key) = Self::from_secret(algorithm, &Zeroizing::new(rand::random())) {
                return key;
            }
        }
    }

    /// Reads a private JWK.
    ///
    /// # Errors
    /// The text is not one, or its parts do not belong together.
    pub fn from_private_jwk(json: &str) -> Result<Self, SigningKeyError> {
        let members: PrivateMembers = serde_json::from_str(json).map_err(|_| SigningKeyError::Malformed)?;
        let public = Jwk::from_members(&members.kty, &members.crv, &members.x, members.y.as_deref())
            .map_err(SigningKeyError::Public)?;
        let algorithm = if public.algorithm() == "ES256" { Algorithm::Es256 } else { Algorithm::EdDsa };
        let secret =
            base64url::decode_32(&members.d).map(Zeroizing::new).ok_or(SigningKeyError::InvalidSecret)?;

        let key = Self::from_secret(algorithm, &secret)?;
        if key.public == public { Ok(key) } else { Err(SigningKeyError::Mismatch) }
    }

    /// The key as a private JWK, to be kept in a file that nobody else reads.
    pub fn to_private_jwk(&self) -> Zeroizing<String> {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(match &self.secret {
            Secret::Ed25519(key) => key.to_bytes(),
            Secret::P256(key) => key.to_bytes().into(),
        });
        // Every public JWK begins with `crv` and `kty`; in between is the alphabetical place of `d`.
        let d = Zeroizing::new(format!(
            r#","d":"{}","kty":"#,
            *Zeroizing::new(base64url::encode(secret.as_slice()))
        ));
        Zeroizing::new(self.public.canonical_json().replacen(r#","kty":"#, &d, 1))
    }

    /// The key whose private part this is, such as one that a keyring derives.
    ///
    /// # Errors
    /// [`SigningKeyError::InvalidSecret`]: not every number is a private key of P-256; of Ed25519, all are.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8; 32]) -> Result<Self, SigningKeyError> {
        match algorithm {
            Algorithm::EdDsa => {
                let key = ed25519_dalek::SigningKey::from_bytes(secret);
                let public = Jwk::ed25519(key.verifying_key().to_bytes()).map_err(SigningKeyError::Public)?;
                Ok(Self { secret: Secret::Ed25519(key), public })
            }
            Algorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_slice(secret)
                    .map_err(|_| SigningKeyError::InvalidSecret)?;
                let point = key.verifying_key().to_encoded_point(false);
                let (Some(x), Some(y)) = (point.x(), point.y()) else {
                    return Err(SigningKeyError::InvalidSecret);
                };
                let public = Jwk::p256((*x).into(), (*y).into()).map_err(SigningKeyError::Public)?;
                Ok(Self { secret: Secret::P256(key), public })
            }
        }
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::Ed25519(_) => Algorithm::EdDsa,
            Secret::P256(_) => Algorithm::Es256,
        }
    }

    /// The public key.
    pub fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// The signature over a message: base64url without padding of 64 bytes, as
    /// [`verify_signature`](crate::verify_signature) takes it.
    pub fn sign(&self, message: &[u8]) -> String {
        match &self.secret {
            Secret::Ed25519(key) => base64url::encode(key.sign(message).to_bytes()),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                base64url::encode(signature.to_bytes())
            }
        }
    }

    /// A JWT with these claims (RFC 7515 section 3.1). Its header names the key's algorithm, `kid` and the
    /// type `JWT`.
    pub fn sign_jwt(&self, kid: &str, claims: &Value) -> String {
        self.sign_jws(&json!({"alg": self.public.algorithm(), "kid": kid, "typ": "JWT"}), claims)
    }

    pub(crate) fn sign_jws(&self, header: &Value, claims: &Value) -> String {
        let signed =
            format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{signature}")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.canonical_json())
    }
}

impl fmt::Display for SigningKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not a private JWK"),
            Self::Public(error) => error.fmt(f),
            Self::InvalidSecret => f.write_str("d is not a private key of the curve"),
            Self::Mismatch => f.write_str("d is not the private key of x and y"),
        }
    }
}

impl std::error::Error for SigningKeyError {}

#[cfg(test)]
mod tests;
