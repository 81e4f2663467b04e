//! Secrets that must be read again, such as the secret of a TOTP code, sealed for one purpose and one id.

use crate::base64url;
use crate::keyring::Keyring;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// The first byte of what is sealed, so that another algorithm could follow this one.
const VERSION: u8 = 1;
/// The nonce of `XChaCha20` (draft-irtf-cfrg-xchacha-03): long enough to be drawn at random for every message.
const NONCE_BYTES: usize = 24;

impl Keyring {
    /// Encrypts and authenticates with `XChaCha20-Poly1305` under the key of this purpose and id. The result is
    /// base64url of version, nonce and ciphertext with tag, another one each time.
    pub fn seal(&self, purpose: &str, id: &str, plaintext: &[u8]) -> String {
        self.seal_with(purpose, id, plaintext, rand::random())
    }

    fn seal_with(&self, purpose: &str, id: &str, plaintext: &[u8], nonce: [u8; NONCE_BYTES]) -> String {
        let mut sealed = vec![VERSION];
        sealed.extend(nonce);
        let payload = Payload { msg: plaintext, aad: &context(purpose, id) };
        // It fails for more than 256 GiB alone; what is returned then never opens.
        if let Ok(ciphertext) = self.cipher(purpose, id).encrypt(&XNonce::from(nonce), payload) {
            sealed.extend(ciphertext);
        }
        base64url::encode(sealed)
    }

    /// What was sealed for this purpose and id; `None` if it was not, or is no longer as it was.
    pub fn open(&self, purpose: &str, id: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = base64url::decode(sealed)?;
        let (version, sealed) = sealed.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: &context(purpose, id) };
        let opened = self.cipher(purpose, id).decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(Zeroizing::new(opened))
    }

    fn cipher(&self, purpose: &str, id: &str) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.derive(purpose, id));
        XChaCha20Poly1305::new((&*key).into())
    }
}

/// What is authenticated beside the text. The length of `purpose` precedes it, so that no two pairs are the same bytes.
fn context(purpose: &str, id: &str) -> Vec<u8> {
    let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
    [&[VERSION], &length[..], purpose.as_bytes(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(keyring().open("totp", "auth_02", &sealed), None);
        assert_eq!(keyring().open("tot", "pauth_01", &sealed), None);
        assert_eq!(keyring().open("batch", "auth_01", &sealed), None);
        let other = Keyring::from_secret(&"x".repeat(32)).unwrap();
        assert_eq!(other.open("totp", "auth_01", &sealed), None);
        for text in ["", "AQ", "no base64!", &sealed[..sealed.len() - 4], &format!("{sealed}AAAA")] {
            assert_eq!(keyring().open("totp", "auth_01", text), None, "{text}");
        }
    }

    #[test]
    fn the_same_secret_is_sealed_otherwise_each_time() {
        let sealed = [(); 2].map(|()| keyring().seal("totp", "auth_01", b"secret"));
        assert_ne!(sealed[0], sealed[1]);
        assert!(!sealed[0].contains(&base64url::encode(b"secret")));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(purpose in "\\PC{0,9}", id in "\\PC{0,9}", text in proptest::collection::vec(any::<u8>(), 0..99)) {
            let sealed = keyring().seal(&purpose, &id, &text);
            prop_assert_eq!(&*keyring().open(&purpose, &id, &sealed).unwrap(), &text);
        }

        #[test]
        fn a_changed_bit_is_found(text in proptest::collection::vec(any::<u8>(), 0..40), place in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut sealed = base64url::decode(&keyring().seal("totp", "auth_01", &text)).unwrap();
            *place.get_mut(&mut sealed) ^= 1_u8 << bit;
            prop_assert_eq!(keyring().open("totp", "auth_01", &base64url::encode(sealed)), None);
        }

        #[test]
        fn no_text_makes_opening_panic(sealed in "\\PC{0,80}|[A-Za-z0-9_-]{0,80}") {
            prop_assert_eq!(keyring().open("totp", "auth_01", &sealed), None);
        }
    }
}
