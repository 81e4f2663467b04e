//! What comes with a message, and whether one of its signatures holds.

use crate::VerifyingKey;
use data_encoding::BASE64;
use jiff::Timestamp;
use std::fmt;

/// How far a message's time may be from the time now.
pub const TOLERANCE_SECONDS: i64 = 300;
/// The longest id of a message.
pub const MAX_ID_CHARACTERS: usize = 128;
/// The regular expression of the id of a message: visible, and no dot, the sign between what is signed.
pub const ID_PATTERN: &str = "^[!-,/-~-]+$";
/// The regular expression of the time of a message.
pub const TIMESTAMP_PATTERN: &str = "^[0-9]{1,12}$";
/// The longest header of signatures.
pub const MAX_SIGNATURE_CHARACTERS: usize = 1_024;
/// How many signatures are looked at.
pub const MAX_SIGNATURES: usize = 8;

/// The three headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    /// `webhook-id`: the same in every delivery of the message.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since the epoch, of this delivery.
    pub timestamp: &'a str,
    /// `webhook-signature`: signatures apart by blanks.
    pub signature: &'a str,
}

/// Why a message is not accepted. It is for the log: a caller is told no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// A header has no form that it can have.
    Malformed,
    /// It was sent too long ago, or will be.
    OutOfTime,
    /// No signature is of any of the keys.
    NotSigned,
}

/// Checks a message: its time, and that one of its signatures was made with one of the keys.
///
/// # Errors
/// Why it is not accepted.
pub fn verify(
    headers: &Headers<'_>,
    body: &[u8],
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<(), Rejected> {
    let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_id = (1..=MAX_ID_CHARACTERS).contains(&headers.id.len())
        && visible(headers.id)
        // The blank of the format: another split of the same bytes would be signed, too.
        && !headers.id.contains('.');
    let timestamp = Some(headers.timestamp)
        .filter(|text| text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<i64>().ok());
    let (true, Some(timestamp), true) =
        (is_id, timestamp, headers.signature.len() <= MAX_SIGNATURE_CHARACTERS)
    else {
        return Err(Rejected::Malformed);
    };
    if timestamp.abs_diff(now.as_second()) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(Rejected::OutOfTime);
    }
    let signed = [headers.id.as_bytes(), b".", headers.timestamp.as_bytes(), b".", body];
    let signatures = headers.signature.split(' ').take(MAX_SIGNATURES).filter_map(|signature| {
        let (version, text) = signature.split_once(',')?;
        Some((version, BASE64.decode(text.as_bytes()).ok()?))
    });
    let accepted = signatures.flat_map(|(version, signature)| {
        keys.iter().map(move |key| match (version, key) {
            ("v1", VerifyingKey::Secret(secret)) => secret.accepts(signed, &signature),
            ("v1a", VerifyingKey::Public(key)) => key.accepts(signed, &signature),
            _ => false,
        })
    });
    if accepted.fold(false, |any, this| any | this) { Ok(()) } else { Err(Rejected::NotSigned) }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a header of the webhook is missing or has another form",
            Self::OutOfTime => "the webhook was sent too long ago or in the future",
            Self::NotSigned => "no signature of the webhook is of a key that counts",
        })
    }
}

impl std::error::Error for Rejected {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PublicKey, Secret};
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn checked(
        timestamp: &str,
        signature: &str,
        body: &[u8],
        keys: &[VerifyingKey],
        now: i64,
    ) -> Result<(), Rejected> {
        verify(&Headers { id: ID, timestamp, signature }, body, keys, at(now))
    }

    fn keys() -> (Secret, SigningKey, Vec<VerifyingKey>) {
        let (secret, private) = (Secret::from_bytes([3; 32]).unwrap(), SigningKey::from_bytes(&[5; 32]));
        let public = format!("whpk_{}", BASE64.encode(private.verifying_key().as_bytes()));
        let public = PublicKey::parse(&public).unwrap();
        let both = vec![VerifyingKey::Secret(secret.clone()), VerifyingKey::Public(public)];
        (secret, private, both)
    }

    fn asymmetric(private: &SigningKey, timestamp: i64, body: &[u8]) -> String {
        let signed = [ID.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat();
        format!("v1a,{}", BASE64.encode(&private.sign(&signed).to_bytes()))
    }

    /// The example of the reference libraries' test suite (Standard Webhooks, `libraries/rust/src/lib.rs`).
    #[test]
    fn the_published_example_holds() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(secret.sign(ID, 1_614_265_330, body), signature);
        let key = [VerifyingKey::Secret(secret)];
        assert_eq!(checked("1614265330", signature, body, &key, 1_614_265_330), Ok(()));
    }

    #[test]
    fn one_good_signature_among_others_is_enough() {
        let (secret, private, both) = keys();
        let (now, body) = (1_700_000_000, b"{}".as_slice());
        let v1 = secret.sign(ID, now, body);
        let v1a = asymmetric(&private, now, body);
        let other = Secret::from_bytes([4; 32]).unwrap().sign(ID, now, body);
        let good = [v1.clone(), v1a.clone(), format!("{other} {v1}"), format!("v2,AAAA {v1a}")];
        for signature in good {
            assert_eq!(checked("1700000000", &signature, body, &both, now), Ok(()), "{signature}");
        }
        let late = format!("{}{v1}", "v1,AAAA ".repeat(MAX_SIGNATURES));
        let swapped = v1.replacen("v1,", "v1a,", 1);
        for signature in [other, late, swapped, String::new(), "v1".into(), "v1,".into(), "v1,!".into()] {
            let refused = checked("1700000000", &signature, body, &both, now);
            assert_eq!(refused, Err(Rejected::NotSigned), "{signature}");
        }
        assert_eq!(checked("1700000000", &v1, body, &[], now), Err(Rejected::NotSigned));
    }

    #[test]
    fn a_message_is_of_its_time() {
        let (secret, _, both) = keys();
        let sent = 1_700_000_000;
        let signature = secret.sign(ID, sent, b"{}");
        for (now, expected) in [
            (sent - 300, Ok(())),
            (sent + 300, Ok(())),
            (sent - 301, Err(Rejected::OutOfTime)),
            (sent + 301, Err(Rejected::OutOfTime)),
        ] {
            assert_eq!(checked("1700000000", &signature, b"{}", &both, now), expected, "{now}");
        }
        for timestamp in ["", "-1", "1700000000.0", "+1700000000", "1234567890123"] {
            let refused = checked(timestamp, &signature, b"{}", &both, sent);
            assert_eq!(refused, Err(Rejected::Malformed), "{timestamp}");
        }
    }

    proptest! {
        #[test]
        fn any_other_byte_is_another_message(
            body in prop::collection::vec(any::<u8>(), 1..64), index in any::<prop::sample::Index>(), flip in 1_u8..,
        ) {
            let (secret, private, both) = keys();
            let mut other = body.clone();
            let index = index.index(other.len());
            other[index] ^= flip;
            for signature in [secret.sign(ID, 1_700_000_000, &body), asymmetric(&private, 1_700_000_000, &body)] {
                prop_assert_eq!(checked("1700000000", &signature, &body, &both, 1_700_000_000), Ok(()));
                let refused = checked("1700000000", &signature, &other, &both, 1_700_000_000);
                prop_assert_eq!(refused, Err(Rejected::NotSigned));
            }
        }
    }
}
