//! Presentation codes: what a phone shows or taps at a terminal, so that the terminal may add to an open
//! bill. They are time-based one-time passwords (RFC 6238) with HMAC-SHA256, 8 digits and steps of 30
//! seconds.

use crate::base64url;
use jiff::Timestamp;
use scrip_secure_code::{Step, TOTP_STEP_SECONDS, Totp, TotpAlgorithm, TotpSecret};
use std::{fmt, str::FromStr};

/// How long a code is shown.
pub const PRESENTATION_STEP_SECONDS: u64 = TOTP_STEP_SECONDS;

/// The key that a bill's codes are made with. `Debug` redacts it.
#[derive(Clone)]
pub struct PresentationKey(Totp);

/// The text is not 32 bytes of base64url without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentationKeyError;

impl PresentationKey {
    /// A key of 32 bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Totp::new(TotpSecret::from(key), TotpAlgorithm::Sha256))
    }

    /// The key as it is handed to the bill's owner: base64url without padding.
    pub fn to_base64url(&self) -> String {
        self.0.secret.to_base64url()
    }

    /// The 8-digit code at that time.
    pub fn code_at(&self, time: Timestamp) -> String {
        self.0.code_at(time).as_str().to_owned()
    }

    /// The step that `code` belongs to: the one at `time`, the one before or the one after, else `None`.
    /// Takes the same time whichever it is.
    pub fn verify(&self, code: &str, time: Timestamp) -> Option<Step> {
        self.0.verify(code, time)
    }
}

impl FromStr for PresentationKey {
    type Err = PresentationKeyError;

    fn from_str(text: &str) -> Result<Self, PresentationKeyError> {
        base64url::decode_32(text).map(Self::new).ok_or(PresentationKeyError)
    }
}

impl fmt::Debug for PresentationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentationKey([redacted])")
    }
}

impl fmt::Display for PresentationKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not 32 bytes in base64url without padding")
    }
}

impl std::error::Error for PresentationKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PresentationKey {
        PresentationKey::new(*b"12345678901234567890123456789012")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B: the codes that phones show must survive an upgrade.
    #[test]
    fn codes_are_those_of_sha_256() {
        for (second, code) in [(59, "46119246"), (20_000_000_000, "77737706")] {
            assert_eq!(key().code_at(at(second)), code, "{second}");
            assert_eq!(key().verify(code, at(second)), Some(Step(u64::try_from(second).unwrap() / 30)));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let code = key().code_at(at(59));
        for wrong in ["", "4611924", "461192460", " 46119246", "46119247", "٤٦١١٩٢٤٦"] {
            assert_eq!(key().verify(wrong, at(59)), None, "{wrong}");
        }
        assert_eq!(PresentationKey::new([7; 32]).verify(&code, at(59)), None);
    }

    #[test]
    fn keys_are_read_and_written_and_never_shown() {
        let text = key().to_base64url();
        assert_eq!(text.len(), 43);
        assert_eq!(text.parse::<PresentationKey>().unwrap().to_base64url(), text);
        assert_eq!(format!("{:?}", key()), "PresentationKey([redacted])");
        for wrong in ["", "AAAA", &format!("{text}="), &text[1..]] {
            assert_eq!(wrong.parse::<PresentationKey>().unwrap_err(), PresentationKeyError, "{wrong}");
        }
    }
}
