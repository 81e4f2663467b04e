//! Keys for single purposes, all derived from the master secret, so that none of them needs to be stored.
//!
//! The master secret is rotated by generations. What is new is made under the current one; what was made under another that
//! is held is still opened and verified.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Keeps this use of a master secret apart from any other use of the same secret.
const EXTRACT_SALT: &[u8; 32] = b"scrip keyring, HKDF salt, v1.   ";

/// Which of the master secrets something was made under. What says none was made under the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub(crate) u32);

/// The key from which all keys of one generation are derived.
#[derive(Clone)]
pub(crate) struct GenerationKey {
    pub(crate) generation: Generation,
    key: Zeroizing<[u8; 32]>,
}

/// Derives keys from the generations of the master secret that are held. `Debug` shows nothing of them, and keys are
/// overwritten on drop.
#[derive(Clone)]
pub struct Keyring {
    /// The oldest first.
    held: Arc<[GenerationKey]>,
    current: GenerationKey,
}

/// Something was made under a generation that is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld {
    generation: Generation,
    newest: Generation,
}

impl Generation {
    /// The generation of all that was made before there were generations.
    pub const FIRST: Self = Self(1);

    /// Whether it is the first, which need not be said.
    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }

    /// Its number, from 1.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Default for Generation {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl NotHeld {
    /// Whether it is newer than all that are held: another process has read the master secret since.
    pub fn is_newer(self) -> bool {
        self.generation > self.newest
    }
}

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "made under generation {} of the master secret, which is not held", self.generation)
    }
}

impl std::error::Error for NotHeld {}

impl GenerationKey {
    /// The key of a secret (HKDF's extract, RFC 5869, with HMAC-SHA256).
    pub(crate) fn of(generation: Generation, secret: &str) -> Self {
        Self { generation, key: Zeroizing::new(hmac_sha256(EXTRACT_SALT, &[secret.as_bytes()])) }
    }

    /// Whether it is of the same generation but another one.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        self.generation == other.generation && *self.key != *other.key
    }

    /// HKDF's expand to one block. The length of `purpose` precedes it, so that no two pairs are the same bytes.
    fn derive(&self, purpose: &str, id: &str) -> [u8; 32] {
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
        hmac_sha256(&self.key, &[&length, purpose.as_bytes(), id.as_bytes(), &[1]])
    }
}

impl Keyring {
    /// A keyring of these, the oldest first, of which one is current.
    pub(crate) fn new(held: Arc<[GenerationKey]>, current: GenerationKey) -> Self {
        Self { held, current }
    }

    /// The generation that what is new is made under.
    pub fn current(&self) -> Generation {
        self.current.generation
    }

    /// All that are held, the current one first.
    pub fn generations(&self) -> impl Iterator<Item = Generation> {
        self.current_first().map(|key| key.generation)
    }

    /// The current generation's key of one purpose and one id.
    pub fn derive(&self, purpose: &str, id: &str) -> [u8; 32] {
        self.current.derive(purpose, id)
    }

    /// A generation's key of one purpose and one id.
    ///
    /// # Errors
    /// It is not held.
    pub fn derive_of(&self, generation: Generation, purpose: &str, id: &str) -> Result<[u8; 32], NotHeld> {
        let key = self.held.iter().find(|key| key.generation == generation);
        key.map(|key| key.derive(purpose, id)).ok_or_else(|| self.not_held(generation))
    }

    /// Requires that a generation is held.
    ///
    /// # Errors
    /// It is not.
    pub fn require(&self, generation: Generation) -> Result<(), NotHeld> {
        let is_held = self.held.iter().any(|key| key.generation == generation);
        if is_held { Ok(()) } else { Err(self.not_held(generation)) }
    }

    /// The key of one purpose and one id of each generation that is held, the current one's first. For what does not say
    /// under which it was made.
    pub fn derive_each(&self, purpose: &str, id: &str) -> impl Iterator<Item = [u8; 32]> {
        self.current_first().map(move |key| key.derive(purpose, id))
    }

    /// The keys that hashes of an operation's requests are made with, where these hold what must not be guessed from them.
    pub fn request_keys(&self, operation: &str) -> Vec<[u8; 32]> {
        self.derive_each("request", operation).collect()
    }

    fn not_held(&self, generation: Generation) -> NotHeld {
        let newest = self.held.last().unwrap_or(&self.current).generation;
        NotHeld { generation, newest }
    }

    fn current_first(&self) -> impl Iterator<Item = &GenerationKey> {
        let current = &self.current;
        let others = self.held.iter().rev().filter(|key| key.generation != current.generation);
        std::iter::once(current).chain(others)
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
    fn each_generation_derives_by_itself_and_what_says_none_is_of_the_first() {
        let [first, second] = [Generation(1), Generation(2)];
        let keys = [GenerationKey::of(first, SECRET), GenerationKey::of(second, &SECRET.to_uppercase())];
        let both = |current: usize| Keyring::new(Arc::from(keys.clone()), keys[current].clone());
        let alone = Keyring::from_secret(SECRET).unwrap();
        assert_eq!((alone.current(), both(0).current(), both(1).current()), (first, first, second));
        assert_eq!(alone.current(), Generation::default());

        assert_eq!(both(1).derive_of(first, "a", "b"), Ok(alone.derive("a", "b")));
        assert_eq!(both(1).derive_of(second, "a", "b"), Ok(both(1).derive("a", "b")));
        assert_ne!(both(1).derive("a", "b"), both(0).derive("a", "b"));
        let each: Vec<_> = both(1).derive_each("a", "b").collect();
        assert_eq!(each, [both(1).derive("a", "b"), both(0).derive("a", "b")]);
        assert!(both(0).generations().eq([first, second]));

        let newer = alone.derive_of(second, "a", "b").unwrap_err();
        let later = Keyring::new(Arc::from(keys[1..].to_vec()), keys[1].clone());
        let removed = later.derive_of(first, "a", "b").unwrap_err();
        assert!(newer.is_newer() && !removed.is_newer());
        assert_eq!(removed.to_string(), "made under generation 1 of the master secret, which is not held");
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
