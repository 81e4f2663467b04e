//! Presentation codes: what a phone shows or taps at a terminal, so that the terminal may add to an open
//! bill. They are time-based one-time passwords (RFC 6238) with HMAC-SHA256, 8 digits and steps of 30
//! seconds.

use crate::base64url;
use crate::keyring::hmac_sha256;
use jiff::Timestamp;
use std::{fmt, str::FromStr};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a code is shown.
pub const PRESENTATION_STEP_SECONDS: u64 = 30;

const CODE_DIGITS: usize = 8;
const CODE_MODULUS: u32 = 100_000_000;

/// The number of a 30-second step since 1970. Who accepts a code stores its step, so that it is accepted only
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub u64);

/// The key that a bill's codes are made with. `Debug` redacts it.
#[derive(Clone)]
pub struct PresentationKey(Zeroizing<[u8; 32]>);

/// The text is not 32 bytes of base64url without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentationKeyError;

impl PresentationKey {
    /// A key of 32 bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The key as it is handed to the bill's owner: base64url without padding.
    pub fn to_base64url(&self) -> String {
        base64url::encode(self.0.as_slice())
    }

    /// The 8-digit code at that time.
    pub fn code_at(&self, time: Timestamp) -> String {
        self.code_of(step_at(time))
    }

    /// The step that `code` belongs to: the one at `time`, the one before or the one after, else `None`.
    /// Takes the same time whichever it is.
    pub fn verify(&self, code: &str, time: Timestamp) -> Option<Step> {
        let Step(now) = step_at(time);
        [Some(now), now.checked_sub(1), now.checked_add(1)].into_iter().flatten().map(Step).fold(
            None,
            |accepted, step| {
                let matches = bool::from(self.code_of(step).as_bytes().ct_eq(code.as_bytes()));
                accepted.or(matches.then_some(step))
            },
        )
    }

    /// HOTP (RFC 4226 section 5.3, dynamic truncation) with the step as its counter.
    fn code_of(&self, Step(counter): Step) -> String {
        let mac = hmac_sha256(&self.0, &[&counter.to_be_bytes()]);
        let offset = usize::from(mac[31] & 0x0f);
        let word = [mac[offset] & 0x7f, mac[offset + 1], mac[offset + 2], mac[offset + 3]];
        format!("{:0CODE_DIGITS$}", u32::from_be_bytes(word) % CODE_MODULUS)
    }
}

fn step_at(time: Timestamp) -> Step {
    Step(u64::try_from(time.as_second()).unwrap_or(0) / PRESENTATION_STEP_SECONDS)
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
    use proptest::prelude::*;

    fn key() -> PresentationKey {
        PresentationKey::new(*b"12345678901234567890123456789012")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn rfc_6238_appendix_b() {
        for (second, code) in [
            (59, "46119246"),
            (1_111_111_109, "68084774"),
            (1_111_111_111, "67062674"),
            (1_234_567_890, "91819424"),
            (2_000_000_000, "90698825"),
            (20_000_000_000, "77737706"),
        ] {
            assert_eq!(key().code_at(at(second)), code, "{second}");
            assert_eq!(key().verify(code, at(second)), Some(Step(u64::try_from(second).unwrap() / 30)));
        }
    }

    #[test]
    fn one_step_of_drift_is_accepted_and_tells_the_codes_own_step() {
        let code = key().code_at(at(3_000));
        for (second, accepted) in [
            (2_969, None),
            (2_970, Some(Step(100))),
            (3_029, Some(Step(100))),
            (3_059, Some(Step(100))),
            (3_060, None),
        ] {
            assert_eq!(key().verify(&code, at(second)), accepted, "{second}");
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
    fn times_at_and_before_the_epoch_have_a_step() {
        assert_eq!(key().verify(&key().code_at(at(0)), at(0)), Some(Step(0)));
        assert_eq!(key().code_at(Timestamp::MIN), key().code_at(at(0)));
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

    proptest! {
        #[test]
        fn every_code_is_accepted_within_a_step_only(
            bytes: [u8; 32],
            second in 60_i64..9_000_000_000,
            drift in -300_i64..300,
        ) {
            let key = PresentationKey::new(bytes);
            let code = key.code_at(at(second));
            prop_assert_eq!(code.len(), CODE_DIGITS);

            let own = Step(u64::try_from(second).unwrap() / 30);
            let steps_apart = (second + drift).div_euclid(30) - second.div_euclid(30);
            let accepted = key.verify(&code, at(second + drift));
            // By chance a step nearby has the same 8 digits, so it is the step that tells.
            if steps_apart.abs() <= 1 {
                prop_assert!(accepted.is_some());
            } else {
                prop_assert_ne!(accepted, Some(own));
            }
        }
    }
}
