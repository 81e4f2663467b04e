//! Keys, and their texts: `whsec_` and `whpk_` before base64.

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The shortest secret.
pub const MIN_SECRET_BYTES: usize = 24;
/// The longest secret.
pub const MAX_SECRET_BYTES: usize = 64;
const PUBLIC_KEY_BYTES: usize = 32;

/// A shared secret. `Debug` redacts it.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// The public half of an Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// A key that a signature is checked with.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// `v1`.
    Secret(Secret),
    /// `v1a`.
    Public(PublicKey),
}

/// The text is no key of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl Secret {
    /// A secret of these bytes.
    ///
    /// # Errors
    /// It is shorter than [`MIN_SECRET_BYTES`] or longer than [`MAX_SECRET_BYTES`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes.into());
        (MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&bytes.len()).then_some(Self(bytes)).ok_or(KeyError)
    }

    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_prefix("whsec_").ok_or(KeyError)?;
        Self::from_bytes(BASE64.decode(text.as_bytes()).map_err(|_| KeyError)?)
    }

    /// The secret as it is handed out, `whsec_…`.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", BASE64.encode(&self.0)))
    }

    /// What the header `webhook-signature` holds for a message.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let timestamp = timestamp.to_string();
        format!("v1,{}", BASE64.encode(&self.tag([id.as_bytes(), b".", timestamp.as_bytes(), b".", body])))
    }

    pub(crate) fn accepts(&self, signed: [&[u8]; 5], signature: &[u8]) -> bool {
        self.tag(signed).as_slice().ct_eq(signature).into()
    }

    fn tag(&self, signed: [&[u8]; 5]) -> [u8; 32] {
        // A key of at most a block's length is padded with zeros (RFC 2104), which can't be refused.
        let mut block = Zeroizing::new([0; MAX_SECRET_BYTES]);
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as Mac>::new((&*block).into());
        for part in signed {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl PublicKey {
    /// The regular expression of what [`Self::parse`] reads.
    pub const PATTERN: &str = "^whpk_[A-Za-z0-9+/]{43}=$";

    /// Reads `whpk_…`.
    ///
    /// # Errors
    /// It is no key of 32 bytes, or a weak one that fits any message.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_prefix("whpk_").ok_or(KeyError)?;
        let bytes: [u8; PUBLIC_KEY_BYTES] =
            BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError)?;
        if key.is_weak() { Err(KeyError) } else { Ok(Self(key)) }
    }

    /// The key as it was handed in, `whpk_…`.
    pub fn to_text(&self) -> String {
        format!("whpk_{}", BASE64.encode(self.0.as_bytes()))
    }

    pub(crate) fn accepts(&self, signed: [&[u8]; 5], signature: &[u8]) -> bool {
        let message = signed.concat();
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(&message, &signature).is_ok())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not whsec_ or whpk_ and base64 of a key of the right length")
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_are_shown_as() {
        let secret = Secret::from_bytes([7; 32]).unwrap();
        assert_eq!(*Secret::parse(&secret.to_text()).unwrap().to_text(), *secret.to_text());
        let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key();
        let key = PublicKey(key);
        assert_eq!(PublicKey::parse(&key.to_text()), Ok(key));
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    }

    #[test]
    fn other_texts_are_no_keys() {
        let short = format!("whsec_{}", BASE64.encode(&[1; MIN_SECRET_BYTES - 1]));
        let long = format!("whsec_{}", BASE64.encode(&[1; MAX_SECRET_BYTES + 1]));
        for text in ["", "whsec_", "whsec_!", "whpk_AAAA", short.as_str(), long.as_str()] {
            assert!(Secret::parse(text).is_err(), "{text}");
        }
        // The point of order one: every signature of zeros fits it.
        let weak = format!("whpk_{}", BASE64.encode(&[&[1_u8][..], &[0; 31]].concat()));
        for text in ["", "whpk_", "whpk_AAAA", "whsec_AAAA", weak.as_str()] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }
}
