//! Time-based one-time passwords (RFC 6238) of 8 digits and steps of 30 seconds.

use crate::presentation::{Alias, Presentation};
use crate::secure_code::SecureCode;
use crate::totp_secret::TotpSecret;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Digits of a code.
pub const TOTP_DIGITS: usize = 8;
/// How long a code is shown.
pub const TOTP_STEP_SECONDS: u64 = 30;

const CODE_MODULUS: u32 = 100_000_000;

/// The number of a 30-second step since 1970. Who accepts a code stores its step, so that it is accepted only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub u64);

/// The hash of the HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TotpAlgorithm {
    /// SHA-1, which authenticator apps assume.
    #[serde(rename = "SHA1")]
    Sha1,
    /// SHA-256.
    #[default]
    #[serde(rename = "SHA256")]
    Sha256,
    /// SHA-512.
    #[serde(rename = "SHA512")]
    Sha512,
}

/// What a phone makes codes with, and the server checks them.
#[derive(Clone, Debug)]
pub struct Totp {
    /// The shared secret.
    pub secret: TotpSecret,
    /// The hash.
    pub algorithm: TotpAlgorithm,
}

impl Step {
    /// The step of a time; of times before 1970, the first one.
    pub fn at(time: Timestamp) -> Self {
        Self(u64::try_from(time.as_second()).unwrap_or(0) / TOTP_STEP_SECONDS)
    }
}

impl Totp {
    /// Codes of this secret.
    pub fn new(secret: TotpSecret, algorithm: TotpAlgorithm) -> Self {
        Self { secret, algorithm }
    }

    /// The code at that time.
    pub fn code_at(&self, time: Timestamp) -> SecureCode {
        self.code_of(Step::at(time))
    }

    /// What the phone shows at that time: whose code it is, and the code.
    pub fn presentation_at(&self, alias: Alias, time: Timestamp) -> Presentation {
        Presentation::of(alias, self.code_at(time))
    }

    /// The step that `code` belongs to: the one at `time`, the one before or the one after, else `None`. Takes the same
    /// time whichever it is.
    pub fn verify(&self, code: &str, time: Timestamp) -> Option<Step> {
        let Step(now) = Step::at(time);
        [Some(now), now.checked_sub(1), now.checked_add(1)].into_iter().flatten().map(Step).fold(
            None,
            |accepted, step| {
                let matches = bool::from(self.code_of(step).as_str().as_bytes().ct_eq(code.as_bytes()));
                accepted.or(matches.then_some(step))
            },
        )
    }

    /// HOTP (RFC 4226 section 5.3, dynamic truncation) with the step as its counter.
    fn code_of(&self, Step(counter): Step) -> SecureCode {
        let secret = self.secret.as_bytes();
        let word = match self.algorithm {
            TotpAlgorithm::Sha1 => {
                truncated(<Hmac<Sha1> as Mac>::new((&*padded::<64>(secret)).into()), counter)
            }
            TotpAlgorithm::Sha256 => {
                truncated(<Hmac<Sha256> as Mac>::new((&*padded::<64>(secret)).into()), counter)
            }
            TotpAlgorithm::Sha512 => {
                truncated(<Hmac<Sha512> as Mac>::new((&*padded::<128>(secret)).into()), counter)
            }
        };
        SecureCode::of_digits(format!("{:0TOTP_DIGITS$}", word % CODE_MODULUS))
    }
}

/// HMAC pads a key with zeros to a block of its hash; a key of a block's length can't be refused.
fn padded<const BLOCK_BYTES: usize>(secret: &[u8]) -> Zeroizing<[u8; BLOCK_BYTES]> {
    let mut block = Zeroizing::new([0; BLOCK_BYTES]);
    block[..secret.len()].copy_from_slice(secret);
    block
}

fn truncated(mac: impl Mac, counter: u64) -> u32 {
    let mac = mac.chain_update(counter.to_be_bytes()).finalize().into_bytes();
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 0x0f);
    u32::from_be_bytes([mac[offset] & 0x7f, mac[offset + 1], mac[offset + 2], mac[offset + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn totp(bytes: usize, algorithm: TotpAlgorithm) -> Totp {
        let secret: Vec<u8> = b"1234567890".iter().copied().cycle().take(bytes).collect();
        Totp::new(TotpSecret::from_bytes(secret).unwrap(), algorithm)
    }

    /// The table of RFC 6238, appendix B. Its secrets have the length of the hash.
    #[test]
    fn rfc_6238_appendix_b() {
        for (second, sha1, sha256, sha512) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            for (totp, code) in [
                (totp(20, TotpAlgorithm::Sha1), sha1),
                (totp(32, TotpAlgorithm::Sha256), sha256),
                (totp(64, TotpAlgorithm::Sha512), sha512),
            ] {
                assert_eq!(totp.code_at(at(second)).as_str(), code, "{second}");
                assert_eq!(totp.verify(code, at(second)), Some(Step(u64::try_from(second).unwrap() / 30)));
            }
        }
    }

    #[test]
    fn one_step_of_drift_is_accepted_and_tells_the_codes_own_step() {
        let totp = totp(32, TotpAlgorithm::Sha256);
        let code = totp.code_at(at(3_000));
        for (second, accepted) in [
            (2_969, None),
            (2_970, Some(Step(100))),
            (3_029, Some(Step(100))),
            (3_059, Some(Step(100))),
            (3_060, None),
        ] {
            assert_eq!(totp.verify(code.as_str(), at(second)), accepted, "{second}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let totp = totp(32, TotpAlgorithm::Sha256);
        for wrong in ["", "4611924", "461192460", " 46119246", "46119247", "٤٦١١٩٢٤٦"] {
            assert_eq!(totp.verify(wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn times_before_the_epoch_have_the_first_step() {
        let totp = totp(16, TotpAlgorithm::Sha1);
        assert_eq!(totp.verify(totp.code_at(at(0)).as_str(), at(0)), Some(Step(0)));
        assert_eq!(totp.code_at(Timestamp::MIN).as_str(), totp.code_at(at(0)).as_str());
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", totp(20, TotpAlgorithm::Sha1));
        assert_eq!(shown, "Totp { secret: TotpSecret([redacted]), algorithm: Sha1 }");
    }

    proptest! {
        #[test]
        fn every_code_is_accepted_within_a_step_only(
            bytes in proptest::collection::vec(any::<u8>(), 16..=64),
            second in 60_i64..9_000_000_000,
            drift in -300_i64..300,
            algorithm in prop::sample::select(&[TotpAlgorithm::Sha1, TotpAlgorithm::Sha256, TotpAlgorithm::Sha512][..]),
        ) {
            let totp = Totp::new(TotpSecret::from_bytes(bytes).unwrap(), algorithm);
            let code = totp.code_at(at(second));
            prop_assert_eq!(code.as_str().len(), TOTP_DIGITS);

            let steps_apart = (second + drift).div_euclid(30) - second.div_euclid(30);
            let accepted = totp.verify(code.as_str(), at(second + drift));
            // By chance a step nearby has the same 8 digits, so it is the step that tells.
            if steps_apart.abs() <= 1 {
                prop_assert!(accepted.is_some());
            } else {
                prop_assert_ne!(accepted, Some(Step::at(at(second))));
            }
        }
    }
}
