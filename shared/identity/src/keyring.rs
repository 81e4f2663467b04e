//! Keys for single purposes, all derived from one master secret, so that none of them needs to be stored.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// The shortest master secret, in bytes.
const MASTER_SECRET_MIN_BYTES: usize = 32;

/// Keeps this use of a master secret apart from any other use of the same secret.
const EXTRACT_SALT: &[u8; 32] = b"scrip keyring, HKDF salt, v1.   ";

/// Derives keys from the master secret. `Debug` shows nothing of it, and the key is overwritten on drop.
#[derive(Clone)]
pub struct Keyring {
    master: Zeroizing<[u8; 32]>,
}

/// The master secret has fewer than 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterSecretTooShort;

impl fmt::Display for MasterSecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the master secret has fewer than {MASTER_SECRET_MIN_BYTES} bytes")
    }
}

impl std::error::Error for MasterSecretTooShort {}

impl Keyring {
    /// A keyring over any text of high entropy with at least 32 bytes. White space around it does not count,
    /// since files end in a line break and secrets stores do not.
    ///
    /// # Errors
    /// The text is too short.
    pub fn from_secret(secret: &str) -> Result<Self, MasterSecretTooShort> {
        let secret = secret.trim();
        if secret.len() < MASTER_SECRET_MIN_BYTES {
            return Err(MasterSecretTooShort);
        }

        Ok(Self { master: Zeroizing::new(hmac_sha256(EXTRACT_SALT, &[secret.as_bytes()])) })
    }

    /// The key of one purpose and one id (HKDF's extract and a one-block expand, RFC 5869, with HMAC-SHA256).
    /// The length of `purpose` precedes it, so that no two pairs are the same bytes.
    pub fn derive(&self, purpose: &str, id: &str) -> [u8; 32] {
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
        hmac_sha256(&self.master, &[&length, purpose.as_bytes(), id.as_bytes(), &[1]])
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring([redacted])")
    }
}

/// HMAC-SHA256 (RFC 2104) over the parts, one after the other.
pub(crate) fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key with zeros to a block; a key that has a block's length can't be refused.
    let mut block = Zeroizing::new([0; 64]);
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as Mac>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "correct horse battery staple, and then some more";

    #[test]
    fn keys_depend_on_secret_purpose_and_id() {
        let keyring = Keyring::from_secret(SECRET).unwrap();
        let key = keyring.derive("bill", "bill_1");

        assert_eq!(key, Keyring::from_secret(SECRET).unwrap().derive("bill", "bill_1"));
        assert_ne!(key, keyring.derive("bill", "bill_2"));
        assert_ne!(key, keyring.derive("pin", "bill_1"));
        assert_ne!(key, Keyring::from_secret(&SECRET.to_uppercase()).unwrap().derive("bill", "bill_1"));
    }

    /// Keys that are handed out must survive an upgrade: this is the derivation as it was first released,
    /// computed independently with Python's `hmac`.
    #[test]
    fn the_derivation_is_stable() {
        let key = Keyring::from_secret(SECRET).unwrap().derive("presentation", "bill_01");
        assert_eq!(crate::base64url::encode(key), "Tk9kCWTnf7tgvfw0UW-VJ3xCRlsOI3VMeVM3Po-_soA");
    }

    #[test]
    fn a_file_that_ends_in_a_line_break_is_the_same_secret() {
        let key = |secret: &str| Keyring::from_secret(secret).unwrap().derive("a", "b");
        assert_eq!(key(SECRET), key(&format!("{SECRET}\n")));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert_eq!(Keyring::from_secret(&"x".repeat(31)).unwrap_err(), MasterSecretTooShort);
        assert_eq!(Keyring::from_secret(&format!("{:40}", "short")).unwrap_err(), MasterSecretTooShort);
        assert!(Keyring::from_secret(&"x".repeat(32)).is_ok());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Keyring::from_secret(SECRET).unwrap()), "Keyring([redacted])");
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_sha256_is_the_standard_one() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac_sha256(&key, &[b"what do ya want ", b"for nothing?"]);
        let words = mac.chunks(8).map(|word| u64::from_be_bytes(word.try_into().unwrap()));
        assert!(words.eq([
            0x5bdc_c146_bf60_754e,
            0x6a04_2426_0895_75c7,
            0x5a00_3f08_9d27_3983,
            0x9dec_58b9_64ec_3843
        ]));
    }

    proptest! {
        #[test]
        fn no_two_pairs_share_a_key(a in ("[a-c]{0,4}", "[a-c]{0,4}"), b in ("[a-c]{0,4}", "[a-c]{0,4}")) {
            let keyring = Keyring::from_secret(SECRET).unwrap();
            prop_assert_eq!(a == b, keyring.derive(&a.0, &a.1) == keyring.derive(&b.0, &b.1));
        }
    }
}
