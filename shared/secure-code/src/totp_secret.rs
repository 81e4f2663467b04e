//! The secret that a phone and the server share.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// The shortest secret, which RFC 4226 (R6) requires.
pub const MIN_SECRET_BYTES: usize = 16;
/// The longest secret: no more than a block of the shortest-blocked hash, so that HMAC takes it as it is.
pub const MAX_SECRET_BYTES: usize = 64;

/// A shared secret of 16 to 64 bytes. `Debug` redacts it.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

/// The text or bytes are no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotpSecretError;

impl TotpSecret {
    /// A secret of these bytes.
    ///
    /// # Errors
    /// There are fewer than 16 or more than 64.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, TotpSecretError> {
        let bytes = Zeroizing::new(bytes.into());
        let fits = (MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&bytes.len());
        if fits { Ok(Self(bytes)) } else { Err(TotpSecretError) }
    }

    /// Reads base32 (RFC 4648 section 6, capital letters) or base64url (section 5), both without padding. A text that
    /// is base32 as a whole is taken for base32. Secrets of 16, 20, 32 and 64 bytes in base64url never are: in base32,
    /// no text has their length.
    ///
    /// # Errors
    /// It is neither, or not of 16 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, TotpSecretError> {
        let base32 = BASE32_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| Self::from_bytes(bytes).ok());
        let base64 =
            || BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| Self::from_bytes(bytes).ok());
        base32.or_else(base64).ok_or(TotpSecretError)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret in base64url without padding.
    pub fn to_base64url(&self) -> String {
        BASE64URL_NOPAD.encode(self.as_bytes())
    }

    /// The secret in base32 without padding, as authenticator apps take it.
    pub fn to_base32(&self) -> String {
        BASE32_NOPAD.encode(self.as_bytes())
    }
}

impl From<[u8; 32]> for TotpSecret {
    /// A secret that was derived as a key.
    fn from(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key.to_vec()))
    }
}

impl FromStr for TotpSecret {
    type Err = TotpSecretError;

    fn from_str(text: &str) -> Result<Self, TotpSecretError> {
        Self::parse(text)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret([redacted])")
    }
}

impl fmt::Display for TotpSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes in base64url or base32, without padding"
        )
    }
}

impl std::error::Error for TotpSecretError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", TotpSecret::from_bytes([7; 20]).unwrap()), "TotpSecret([redacted])");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let long = "A".repeat(200);
        for text in [
            "",
            "AAAA",
            "JBSWY3DPEHPK3PXP",
            "not a secret, clearly",
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX!",
            &long,
        ] {
            assert_eq!(TotpSecret::parse(text).unwrap_err(), TotpSecretError, "{text}");
        }
    }

    #[test]
    fn base64url_of_the_usual_lengths_is_never_taken_for_base32() {
        for bytes in [16, 20, 32, 64] {
            // Zeros are written `A`, which both alphabets have.
            let secret = TotpSecret::from_bytes(vec![0; bytes]).unwrap();
            assert_eq!(TotpSecret::parse(&secret.to_base64url()).unwrap().as_bytes(), secret.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn base32_round_trips(bytes in proptest::collection::vec(any::<u8>(), 16..=64)) {
            let secret = TotpSecret::from_bytes(bytes.clone()).unwrap();
            let parsed = TotpSecret::parse(&secret.to_base32()).unwrap();
            prop_assert_eq!(parsed.as_bytes(), bytes);
        }

        #[test]
        fn base64url_with_a_sign_of_its_own_round_trips(bytes in proptest::collection::vec(any::<u8>(), 16..=64)) {
            let secret = TotpSecret::from_bytes(bytes.clone()).unwrap();
            let text = secret.to_base64url();
            prop_assume!(text.bytes().any(|byte| !matches!(byte, b'A'..=b'Z' | b'2'..=b'7')));
            let parsed = TotpSecret::parse(&text).unwrap();
            prop_assert_eq!(parsed.as_bytes(), bytes);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,120}") {
            let _ = TotpSecret::parse(&text);
        }
    }
}
