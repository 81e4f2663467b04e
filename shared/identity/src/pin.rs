//! PINs of 6 digits, kept as argon2id hashes.
//!
//! A million PINs are tried in a day, whatever the hash: so the hash is peppered with a key of the user's own
//! that is derived from the master secret. A leaked table alone tells nothing.

use crate::keyring::{Generation, Keyring, NotHeld};
use argon2::password_hash::errors::InvalidValue;
use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, KeyId, Params, ParamsBuilder, Version};
use scrip_fields::schema::Digits;
use std::fmt;
use zeroize::Zeroizing;

const PIN_DIGITS: usize = 6;

// The second of the equal choices for argon2id in the OWASP Password Storage Cheat Sheet.
const MEMORY_KIBIBYTES: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const SALT_BYTES: usize = 16;
const PEPPER_PURPOSE: &str = "pin";

/// A PIN as it was typed: 6 ASCII digits. `Debug` redacts it.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

/// What a thread hashes PINs in: nothing before its first hash, 19 MiB from then on. It is kept from one hash to the next,
/// because an allocator that gets so much back after each hash may hold several times as much in pieces.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

/// The text is not 6 ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPin;

/// A hash could not be made or read: a fault of ours or a damaged table, never a wrong PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinHashError {
    /// Argon2id refused it.
    Hash(password_hash::Error),
    /// The pepper is of a generation that is not held.
    NotHeld(NotHeld),
}

impl Pin {
    /// Reads a PIN.
    ///
    /// # Errors
    /// The text is not 6 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, NotAPin> {
        let is_pin = text.len() == PIN_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_pin { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NotAPin) }
    }

    /// Whether it is among the 30 that are guessed first: one digit repeated, or a run up or down, also past
    /// the end of the keypad (`890123`). NIST SP 800-63B section 5.1.1.2 asks to refuse repetitive and
    /// sequential secrets. Refuse such a PIN when it is set, not when it is tried.
    pub fn is_guessable(&self) -> bool {
        let steps = |step: u8| {
            self.0.as_bytes().windows(2).all(|pair| (pair[0] - b'0' + step) % 10 == pair[1] - b'0')
        };
        steps(0) || steps(1) || steps(9)
    }

    /// The user's PIN as a PHC string to store, peppered by the current generation, which is its `keyid` unless it is the
    /// first. Takes tens of milliseconds and 19 MiB.
    ///
    /// # Errors
    /// The hash could not be made.
    pub fn hash(
        &self,
        user: &str,
        keyring: &Keyring,
        memory: &mut HashMemory,
    ) -> Result<String, PinHashError> {
        let salt = SaltString::encode_b64(&rand::random::<[u8; SALT_BYTES]>()).map_err(PinHashError::Hash)?;
        let pepper = Zeroizing::new(keyring.derive(PEPPER_PURPOSE, user));
        let params = params(keyring.current()).map_err(refused)?;
        let output = self.output(&pepper, &params, salt.as_salt(), memory)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(PinHashError::Hash)?,
            salt: Some(salt.as_salt()),
            hash: Some(output),
        };
        Ok(hash.to_string())
    }

    /// The generation that a stored PHC string is peppered by.
    ///
    /// # Errors
    /// It can't be read.
    pub fn generation(stored: &str) -> Result<Generation, PinHashError> {
        generation(&PasswordHash::new(stored).map_err(PinHashError::Hash)?)
    }

    /// Whether this is the user's PIN, by the stored PHC string. Takes as long as hashing it.
    ///
    /// # Errors
    /// The stored string can't be read, or its pepper is not held.
    pub fn verify(
        &self,
        user: &str,
        keyring: &Keyring,
        stored: &str,
        memory: &mut HashMemory,
    ) -> Result<bool, PinHashError> {
        let stored = PasswordHash::new(stored).map_err(PinHashError::Hash)?;
        let pepper = keyring.derive_of(generation(&stored)?, PEPPER_PURPOSE, user);
        let pepper = Zeroizing::new(pepper.map_err(PinHashError::NotHeld)?);
        if stored.algorithm != Algorithm::Argon2id.ident() || stored.version != Some(Version::V0x13.into()) {
            return Err(PinHashError::Hash(password_hash::Error::Algorithm));
        }
        let (Some(salt), Some(hash)) = (stored.salt, stored.hash) else {
            return Err(PinHashError::Hash(password_hash::Error::PhcStringField));
        };
        let params = Params::try_from(&stored).map_err(PinHashError::Hash)?;
        // Outputs are compared in constant time.
        Ok(self.output(&pepper, &params, salt, memory)? == hash)
    }

    fn output(
        &self,
        pepper: &[u8; 32],
        params: &Params,
        salt: Salt<'_>,
        memory: &mut HashMemory,
    ) -> Result<Output, PinHashError> {
        let argon2id = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params.clone());
        let argon2id = argon2id.map_err(refused)?;
        let mut decoded = [0; Salt::MAX_LENGTH];
        let salt = salt.decode_b64(&mut decoded).map_err(PinHashError::Hash)?;
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        memory.0.resize(params.block_count(), Block::default());
        let output = Output::init_with(length, |output| {
            let hashed =
                argon2id.hash_password_into_with_memory(self.0.as_bytes(), salt, output, &mut memory.0);
            hashed.map_err(password_hash::Error::from)
        });
        output.map_err(PinHashError::Hash)
    }
}

fn refused(error: argon2::Error) -> PinHashError {
    PinHashError::Hash(error.into())
}

fn params(generation: Generation) -> Result<Params, argon2::Error> {
    let mut params = ParamsBuilder::new();
    params.m_cost(MEMORY_KIBIBYTES).t_cost(PASSES).p_cost(LANES);
    if !generation.is_first() {
        params.keyid(KeyId::new(generation.to_string().as_bytes())?);
    }
    params.build()
}

/// The generation of a stored hash's pepper: its `keyid`, in decimal digits, of which the first generation has none.
fn generation(stored: &PasswordHash<'_>) -> Result<Generation, PinHashError> {
    let params = Params::try_from(stored).map_err(PinHashError::Hash)?;
    if params.keyid().is_empty() {
        return Ok(Generation::FIRST);
    }
    let number = std::str::from_utf8(params.keyid()).ok().and_then(|number| number.parse().ok());
    let later = number
        .map(Generation)
        .filter(|later| *later > Generation::FIRST && later.to_string().as_bytes() == params.keyid());
    later.ok_or(PinHashError::Hash(password_hash::Error::ParamValueInvalid(InvalidValue::InvalidFormat)))
}

scrip_schema::inline!(Pin: |generator| generator.subschema_for::<Digits<PIN_DIGITS, PIN_DIGITS>>());

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin([redacted])")
    }
}

impl fmt::Display for NotAPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a PIN has {PIN_DIGITS} digits")
    }
}

impl std::error::Error for NotAPin {}

impl fmt::Display for PinHashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(error) => write!(f, "PIN hash: {error}"),
            Self::NotHeld(error) => write!(f, "PIN hash: {error}"),
        }
    }
}

impl std::error::Error for PinHashError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterSecret;
    use argon2::PasswordVerifier;
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    fn pin(text: &str) -> Pin {
        Pin::parse(text).unwrap()
    }

    fn hash(text: &str, user: &str, keyring: &Keyring) -> String {
        pin(text).hash(user, keyring, &mut HashMemory::default()).unwrap()
    }

    fn verify(text: &str, user: &str, keyring: &Keyring, stored: &str) -> Result<bool, PinHashError> {
        pin(text).verify(user, keyring, stored, &mut HashMemory::default())
    }

    #[test]
    fn six_ascii_digits_are_a_pin() {
        assert!(Pin::parse("048213").is_ok());
        for text in ["", "12345", "1234567", "12345a", "12 456", "+12345", "٤٦١", "１２"] {
            assert_eq!(Pin::parse(text).unwrap_err(), NotAPin, "{text}");
        }
    }

    #[test]
    fn repetitions_and_runs_are_guessable_and_nothing_else() {
        for text in ["000000", "999999", "123456", "012345", "890123", "654321", "543210", "109876"] {
            assert!(pin(text).is_guessable(), "{text}");
        }
        for text in ["048213", "123457", "112345", "000001", "121212"] {
            assert!(!pin(text).is_guessable(), "{text}");
        }
        let guessable = (0..1_000_000).filter(|number| pin(&format!("{number:06}")).is_guessable()).count();
        assert_eq!(guessable, 30);
    }

    #[test]
    fn a_pin_verifies_for_its_user_under_its_master_secret_alone() {
        let stored = hash("048213", "u1", &keyring());

        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("048213", "u1", &keyring(), &stored), Ok(true));
        assert_eq!(verify("048214", "u1", &keyring(), &stored), Ok(false));
        assert_eq!(verify("048213", "u2", &keyring(), &stored), Ok(false));

        let other = Keyring::from_secret("another master secret for tests, long enough").unwrap();
        assert_eq!(verify("048213", "u1", &other, &stored), Ok(false));
        assert_ne!(hash("048213", "u1", &keyring()), stored, "every hash has its own salt");
    }

    #[test]
    fn a_pin_verifies_by_the_generation_that_hashed_it() {
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let master = MasterSecret::parse("a master secret for tests, long enough").unwrap();
        let master = master.with_next(&"y".repeat(32), at(100)).unwrap();
        let [old, new] = [at(99), at(100)].map(|at| master.keyring(at));
        let [stored_old, stored_new] = [&old, &new].map(|keyring| hash("048213", "u1", keyring));

        assert!(stored_new.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid=Mg$"), "{stored_new}");
        assert_eq!(verify("048213", "u1", &keyring(), &stored_old), Ok(true), "the form is as it was");
        for keyring in [&old, &new] {
            for stored in [&stored_old, &stored_new] {
                assert_eq!(verify("048213", "u1", keyring, stored), Ok(true));
                assert_eq!(verify("048214", "u1", keyring, stored), Ok(false));
            }
        }
        let generations = [&stored_old, &stored_new].map(|stored| Pin::generation(stored).unwrap());
        assert_eq!(generations, [old.current(), new.current()]);

        let alone = master.without_oldest().unwrap().keyring(at(0));
        assert!(matches!(verify("048213", "u1", &alone, &stored_old), Err(PinHashError::NotHeld(_))));
        assert_eq!(verify("048213", "u1", &alone, &stored_new), Ok(true));
    }

    #[test]
    fn what_was_hashed_in_a_memory_before_changes_no_hash() {
        let mut memory = HashMemory::default();
        let stored = pin("048213").hash("u1", &keyring(), &mut memory).unwrap();
        let other = pin("731905").hash("u2", &keyring(), &mut memory).unwrap();
        assert_eq!(pin("048213").verify("u1", &keyring(), &stored, &mut memory), Ok(true));
        assert_eq!(verify("048213", "u1", &keyring(), &stored), Ok(true));
        assert_eq!(verify("731905", "u2", &keyring(), &other), Ok(true));
        assert_eq!(pin("731905").verify("u1", &keyring(), &stored, &mut memory), Ok(false));
    }

    #[test]
    fn a_hash_is_what_the_library_makes_of_it_in_memory_of_its_own() {
        let (stored, pepper) = (hash("048213", "u1", &keyring()), keyring().derive(PEPPER_PURPOSE, "u1"));
        let params = params(Generation::FIRST).unwrap();
        let library = Argon2::new_with_secret(&pepper, Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let stored = PasswordHash::new(&stored).unwrap();
        assert_eq!(library.verify_password(b"048213", &stored), Ok(()));
        assert_eq!(library.verify_password(b"048214", &stored), Err(password_hash::Error::Password));
    }

    #[test]
    fn a_damaged_hash_is_a_fault_and_no_wrong_pin() {
        for stored in [
            "",
            "048213",
            "$argon2id$v=19$m=19456,t=2,p=1$",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        ] {
            assert!(verify("048213", "u1", &keyring(), stored).is_err(), "{stored}");
        }
    }

    #[test]
    fn debug_shows_no_pin() {
        assert_eq!(format!("{:?}", pin("048213")), "Pin([redacted])");
    }

    /// A stored hash with these parameters, which no PIN has.
    fn stored(params: &Params) -> String {
        let params = ParamsString::try_from(params).unwrap();
        format!("$argon2id$v=19${params}$c29tZXNhbHR0aGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    }

    proptest! {
        #[test]
        fn the_generation_that_a_pin_was_hashed_under_is_read_back(number in 1..=99_999_999_u32) {
            let generation = Generation(number);
            prop_assert_eq!(Pin::generation(&stored(&params(generation).unwrap())), Ok(generation));
        }

        #[test]
        fn no_generation_has_two_keyids(keyid in "[0-9+ a]{1,8}") {
            let mut params = ParamsBuilder::new();
            params.keyid(KeyId::new(keyid.as_bytes()).unwrap());
            let read = Pin::generation(&stored(&params.build().unwrap()));
            let expected = keyid.parse().ok().filter(|number: &u32| *number > 1 && number.to_string() == keyid);
            prop_assert_eq!(read.ok(), expected.map(Generation));
        }
    }
}
