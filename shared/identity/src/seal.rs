//! Secrets that must be read again, such as the secret of a TOTP code, sealed for one purpose and one id.

use crate::base64url;
use crate::keyring::{Generation, Keyring, NotHeld};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// The first byte of what is sealed under the first generation, which follows in no byte of it.
const FIRST_GENERATION: u8 = 1;
/// The first byte of what is sealed under a later one, whose number follows in four bytes.
const NUMBERED_GENERATION: u8 = 2;
/// The nonce of `XChaCha20` (draft-irtf-cfrg-xchacha-03): long enough to be drawn at random for every message.
const NONCE_BYTES: usize = 24;

/// Why something is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// It was not sealed for this purpose and id, or is no longer as it was.
    Damaged,
    /// It was sealed under a generation that is not held.
    NotHeld(NotHeld),
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => f.write_str("not sealed for this, or no longer as it was"),
            Self::NotHeld(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotOpened {}

impl Keyring {
    /// Encrypts and authenticates with `XChaCha20-Poly1305` under the current key of this purpose and id. The result is
    /// base64url of version, generation, nonce and ciphertext with tag, another one each time.
    pub fn seal(&self, purpose: &str, id: &str, plaintext: &[u8]) -> String {
        self.seal_with(purpose, id, plaintext, rand::random())
    }

    fn seal_with(&self, purpose: &str, id: &str, plaintext: &[u8], nonce: [u8; NONCE_BYTES]) -> String {
        let head = head(self.current());
        let payload = Payload { msg: plaintext, aad: &context(&head, purpose, id) };
        let cipher = cipher(&self.derive(purpose, id).into());
        let mut sealed = head;
        sealed.extend(nonce);
        // It fails for more than 256 GiB alone; what is returned then never opens.
        if let Ok(ciphertext) = cipher.encrypt(&XNonce::from(nonce), payload) {
            sealed.extend(ciphertext);
        }
        base64url::encode(sealed)
    }

    /// What was sealed for this purpose and id. What is of a generation that is not held takes as long as what is.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(&self, purpose: &str, id: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let sealed = base64url::decode(sealed).ok_or(NotOpened::Damaged)?;
        let (generation, rest) = generation_of(&sealed).ok_or(NotOpened::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotOpened::Damaged)?;
        let held = self.derive_of(generation, purpose, id);
        let key = Zeroizing::new(held.unwrap_or_else(|_| self.derive(purpose, id)));
        let payload = Payload { msg: ciphertext, aad: &context(&head(generation), purpose, id) };
        let opened = cipher(&key).decrypt(&XNonce::from(*nonce), payload);
        held.map_err(NotOpened::NotHeld)?;
        opened.map(Zeroizing::new).map_err(|_| NotOpened::Damaged)
    }
}

fn cipher(key: &Zeroizing<[u8; 32]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}

/// What stands before the nonce.
fn head(generation: Generation) -> Vec<u8> {
    if generation.is_first() {
        return vec![FIRST_GENERATION];
    }
    let mut head = vec![NUMBERED_GENERATION];
    head.extend(generation.number().to_be_bytes());
    head
}

/// The generation that something was sealed under, and what follows. The first has one form alone.
fn generation_of(sealed: &[u8]) -> Option<(Generation, &[u8])> {
    match sealed.split_first()? {
        (&FIRST_GENERATION, rest) => Some((Generation::FIRST, rest)),
        (&NUMBERED_GENERATION, rest) => {
            let (number, rest) = rest.split_first_chunk()?;
            let number = u32::from_be_bytes(*number);
            (number > Generation::FIRST.number()).then_some((Generation(number), rest))
        }
        _ => None,
    }
}

/// What is authenticated beside the text. The length of `purpose` precedes it, so that no two pairs are the same bytes.
fn context(head: &[u8], purpose: &str, id: &str) -> Vec<u8> {
    let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
    [head, &length[..], purpose.as_bytes(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterSecret;
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        Keyring::from_secret("correct horse battery staple, and then some more").unwrap()
    }

    /// What is stored must open after an upgrade: sealed with this derivation by `PyNaCl`
    /// (`crypto_aead_xchacha20poly1305_ietf_encrypt`) with the nonce 0, 1, 2, … 23.
    #[test]
    fn the_form_is_stable() {
        let sealed = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWF9hpwW_pQyUTSJdtFGyxk6vXosu5nrRoI8dJhXWeXMELM92p-Q";
        assert_eq!(*keyring().open("totp", "auth_01", sealed).unwrap(), b"12345678901234567890");
        let nonce = std::array::from_fn(|place| u8::try_from(place).unwrap());
        assert_eq!(keyring().seal_with("totp", "auth_01", b"12345678901234567890", nonce), sealed);
    }

    #[test]
    fn nothing_else_opens_it() {
        let sealed = keyring().seal("totp", "auth_01", b"secret");
        assert_eq!(keyring().open("totp", "auth_02", &sealed), Err(NotOpened::Damaged));
        assert_eq!(keyring().open("tot", "pauth_01", &sealed), Err(NotOpened::Damaged));
        assert_eq!(keyring().open("batch", "auth_01", &sealed), Err(NotOpened::Damaged));
        let other = Keyring::from_secret(&"x".repeat(32)).unwrap();
        assert_eq!(other.open("totp", "auth_01", &sealed), Err(NotOpened::Damaged));
        for text in ["", "AQ", "no base64!", &sealed[..sealed.len() - 4], &format!("{sealed}AAAA")] {
            assert_eq!(keyring().open("totp", "auth_01", text), Err(NotOpened::Damaged), "{text}");
        }
    }

    #[test]
    fn the_same_secret_is_sealed_otherwise_each_time() {
        let sealed = [(); 2].map(|()| keyring().seal("totp", "auth_01", b"secret"));
        assert_ne!(sealed[0], sealed[1]);
        assert!(!sealed[0].contains(&base64url::encode(b"secret")));
    }

    #[test]
    fn what_an_older_generation_sealed_opens_for_as_long_as_it_is_held() {
        let master = MasterSecret::parse("correct horse battery staple, and then some more").unwrap();
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let next = master.with_next(&"y".repeat(32), at(100)).unwrap();
        let [old, new] = [at(99), at(100)].map(|at| next.keyring(at).seal("totp", "auth_01", b"secret"));
        for keyring in [next.keyring(at(99)), next.keyring(at(100))] {
            for sealed in [&old, &new] {
                assert_eq!(&*keyring.open("totp", "auth_01", sealed).unwrap(), b"secret");
            }
        }
        assert_eq!(&*keyring().open("totp", "auth_01", &old).unwrap(), b"secret");
        let not_held = |keyring: &Keyring, sealed: &str| match keyring.open("totp", "auth_01", sealed) {
            Err(NotOpened::NotHeld(error)) => Some(error.is_newer()),
            _ => None,
        };
        assert_eq!(not_held(&keyring(), &new), Some(true));
        let alone = next.without_oldest().unwrap().keyring(at(0));
        assert_eq!((not_held(&alone, &old), not_held(&alone, &new)), (Some(false), None));

        // A number is part of what is authenticated, and the first generation has one form.
        let mut bytes = base64url::decode(&new).unwrap();
        bytes[4] = 1;
        assert_eq!(
            next.keyring(at(0)).open("totp", "auth_01", &base64url::encode(bytes)),
            Err(NotOpened::Damaged)
        );
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(purpose in "\\PC{0,9}", id in "\\PC{0,9}", text in proptest::collection::vec(any::<u8>(), 0..99)) {
            let sealed = keyring().seal(&purpose, &id, &text);
            prop_assert_eq!(&*keyring().open(&purpose, &id, &sealed).unwrap(), &text);
        }

        #[test]
        fn the_generation_that_something_was_sealed_under_is_read_back(number in 1..=u32::MAX, rest in proptest::collection::vec(any::<u8>(), 0..40)) {
            let sealed = [head(Generation(number)), rest.clone()].concat();
            prop_assert_eq!(generation_of(&sealed), Some((Generation(number), &rest[..])));
        }

        #[test]
        fn no_generation_has_two_forms(sealed in proptest::collection::vec(any::<u8>(), 0..8)) {
            if let Some((generation, rest)) = generation_of(&sealed) {
                prop_assert_eq!([&head(generation), rest].concat(), sealed);
            }
        }

        #[test]
        fn a_changed_bit_is_found(text in proptest::collection::vec(any::<u8>(), 0..40), place in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut sealed = base64url::decode(&keyring().seal("totp", "auth_01", &text)).unwrap();
            *place.get_mut(&mut sealed) ^= 1_u8 << bit;
            prop_assert!(keyring().open("totp", "auth_01", &base64url::encode(sealed)).is_err());
        }

        #[test]
        fn no_text_makes_opening_panic(sealed in "\\PC{0,80}|[A-Za-z0-9_-]{0,80}") {
            prop_assert!(keyring().open("totp", "auth_01", &sealed).is_err());
        }
    }
}
