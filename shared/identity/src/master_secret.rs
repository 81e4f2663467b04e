//! The text from which all keys are derived: a secret alone, or several generations of it.

use crate::keyring::{Generation, GenerationKey, Keyring};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The shortest secret, in bytes.
const SECRET_MIN_BYTES: usize = 32;
/// How many generations are held at most: more than two only while two rotations overlap.
const MAX_GENERATIONS: usize = 4;
/// The largest number of a generation.
const MAX_GENERATION: u32 = 99_999_999;

/// The generations of the master secret, the oldest first. `Debug` shows no secret.
#[derive(Clone)]
pub struct MasterSecret {
    generations: Vec<Held>,
    keys: Arc<[GenerationKey]>,
    /// The first of them, which counts where no later one does yet.
    oldest: GenerationKey,
}

/// One generation, as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    generation: Generation,
    #[serde(with = "zeroizing")]
    secret: Zeroizing<String>,
    /// Since when what is new is made under it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    from: Option<Timestamp>,
}

/// A text that is overwritten on drop, as a text.
mod zeroizing {
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        text: &Zeroizing<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T> {
    generations: T,
}

/// Why a text is no master secret. It holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterSecretError {
    /// A secret has fewer than 32 bytes.
    TooShort,
    /// It begins as JSON, but is not `{"generations": […]}`.
    Malformed,
    /// The generations are not 1 to 4 in ascending order, each after the first with a later `from`.
    Disordered,
}

impl MasterSecret {
    /// Reads what is kept: a text of high entropy with at least 32 bytes, which is generation 1; or
    /// `{"generations": [{"generation": 1, "secret": "…"}, {"generation": 2, "secret": "…", "from": "2026-12-01T09:00:00Z"}]}`.
    /// White space around a secret does not count, since files end in a line break and secrets stores do not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MasterSecretError> {
        let text = text.trim();
        if !text.starts_with('{') {
            let secret = Zeroizing::new(text.to_owned());
            return Self::of(vec![Held { generation: Generation::FIRST, secret, from: None }]);
        }
        let document: Document<Vec<Held>> =
            serde_json::from_str(text).map_err(|_| MasterSecretError::Malformed)?;
        Self::of(document.generations)
    }

    fn of(generations: Vec<Held>) -> Result<Self, MasterSecretError> {
        let numbers_ascend = generations.is_sorted_by(|one, next| one.generation < next.generation);
        let times_ascend = generations.is_sorted_by(|one, next| next.from.is_some() && one.from < next.from);
        let numbered = |held: &Held| (1..=MAX_GENERATION).contains(&held.generation.number());
        let are_few = (1..=MAX_GENERATIONS).contains(&generations.len());
        if !(are_few && numbers_ascend && times_ascend && generations.iter().all(numbered)) {
            return Err(MasterSecretError::Disordered);
        }
        if generations.iter().any(|held| held.secret.trim().len() < SECRET_MIN_BYTES) {
            return Err(MasterSecretError::TooShort);
        }
        let keys = generations.iter().map(|held| GenerationKey::of(held.generation, held.secret.trim()));
        let keys: Arc<[_]> = keys.collect();
        let oldest = keys.first().cloned().ok_or(MasterSecretError::Disordered)?;
        Ok(Self { generations, keys, oldest })
    }

    /// The keyring at a time: what is new is made under the last generation that counts by then.
    pub fn keyring(&self, now: Timestamp) -> Keyring {
        let counts = |held: &Held| held.from.is_none_or(|from| from <= now);
        let counting = self.generations.iter().zip(self.keys.iter()).rfind(|(held, _)| counts(held));
        Keyring::new(self.keys.clone(), counting.map_or(&self.oldest, |(_, key)| key).clone())
    }

    /// The same with one more generation, of which what is new is made from this moment on.
    ///
    /// # Errors
    /// There are too many, or the moment is not later than that of the one before.
    pub fn with_next(&self, secret: &str, from: Timestamp) -> Result<Self, MasterSecretError> {
        let newest = self.generations.last().map_or(0, |held| held.generation.number());
        let next = Held {
            generation: Generation(newest + 1),
            secret: Zeroizing::new(secret.trim().to_owned()),
            from: Some(from),
        };
        Self::of(self.generations.iter().cloned().chain([next]).collect())
    }

    /// The same without the oldest generation.
    ///
    /// # Errors
    /// It is the only one.
    pub fn without_oldest(&self) -> Result<Self, MasterSecretError> {
        Self::of(self.generations.iter().skip(1).cloned().collect())
    }

    /// Whether a generation of both has another secret there than here: what was made under it would be lost.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        let differs = |key: &GenerationKey| other.keys.iter().any(|other| key.contradicts(other));
        self.keys.iter().any(differs)
    }

    /// The last generation, whether it counts by now or not.
    pub(crate) fn newest(&self) -> Generation {
        self.generations.last().map_or_else(Generation::default, |held| held.generation)
    }

    /// The text that is kept.
    pub fn to_text(&self) -> Zeroizing<String> {
        let document = Document { generations: &self.generations };
        Zeroizing::new(serde_json::to_string_pretty(&document).unwrap_or_default())
    }

    /// Each generation, and since when it counts, if that is said.
    pub fn generations(&self) -> impl Iterator<Item = (Generation, Option<Timestamp>)> {
        self.generations.iter().map(|held| (held.generation, held.from))
    }
}

impl Keyring {
    /// The keyring of a master secret, all of whose generations count.
    ///
    /// # Errors
    /// As [`MasterSecret::parse`].
    pub fn from_secret(text: &str) -> Result<Self, MasterSecretError> {
        Ok(MasterSecret::parse(text)?.keyring(Timestamp::MAX))
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.generations()).finish()
    }
}

impl fmt::Display for MasterSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "the master secret has fewer than {SECRET_MIN_BYTES} bytes"),
            Self::Malformed => f.write_str("the master secret is neither a text nor {\"generations\": […]}"),
            Self::Disordered => write!(
                f,
                "the master secret has not 1 to {MAX_GENERATIONS} generations with ascending numbers and times"
            ),
        }
    }
}

impl std::error::Error for MasterSecretError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const OLD: &str = "correct horse battery staple, and then some more";
    const NEW: &str = "another secret that is long enough to be one";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn refused(generations: &serde_json::Value) -> MasterSecretError {
        MasterSecret::parse(&json!({ "generations": generations }).to_string()).unwrap_err()
    }

    #[test]
    fn a_text_alone_is_the_first_generation() {
        let master = MasterSecret::parse(&format!("{OLD}\n")).unwrap();
        assert!(master.generations().eq([(Generation::FIRST, None)]));
        let alone = Keyring::from_secret(OLD).unwrap().derive("a", "b");
        assert_eq!(master.keyring(at(0)).derive("a", "b"), alone);
        let written = MasterSecret::parse(&master.to_text()).unwrap();
        assert_eq!(written.keyring(at(0)).derive("a", "b"), alone);
    }

    #[test]
    fn a_generation_is_current_from_its_moment_on_and_held_before() {
        let master = MasterSecret::parse(OLD).unwrap().with_next(NEW, at(100)).unwrap();
        let master = MasterSecret::parse(&master.to_text()).unwrap();
        let current = |second| master.keyring(at(second)).current().number();
        assert_eq!((current(99), current(100)), (1, 2));
        assert!(master.keyring(at(0)).derive_of(Generation(2), "a", "b").is_ok());

        let alone = master.without_oldest().unwrap();
        assert_eq!(alone.keyring(at(0)).current().number(), 2, "the only one is current");
        assert_eq!(alone.keyring(at(0)).derive("a", "b"), master.keyring(at(100)).derive("a", "b"));
        assert_eq!(alone.without_oldest().unwrap_err(), MasterSecretError::Disordered);
        assert_eq!(alone.with_next(OLD, at(200)).unwrap().keyring(at(200)).current().number(), 3);
    }

    #[test]
    fn what_is_no_master_secret_is_refused_without_being_told() {
        assert_eq!(MasterSecret::parse(&"x".repeat(31)).unwrap_err(), MasterSecretError::TooShort);
        assert_eq!(MasterSecret::parse(&format!("{:40}", "short")).unwrap_err(), MasterSecretError::TooShort);
        assert!(MasterSecret::parse(&"x".repeat(32)).is_ok());
        for text in ["{", "{}", r#"{"generations": 1}"#, r#"{"generations": [], "more": 1}"#] {
            assert_eq!(MasterSecret::parse(text).unwrap_err(), MasterSecretError::Malformed, "{text}");
        }
        let one =
            |number: u32, from: Option<&str>| json!({ "generation": number, "secret": OLD, "from": from });
        let (early, late) = (Some("2026-12-01T09:00:00Z"), Some("2026-12-02T09:00:00Z"));
        for generations in [
            json!([]),
            json!([one(0, None)]),
            json!([one(1, None), one(1, early)]),
            json!([one(2, None), one(1, early)]),
            json!([one(1, None), one(2, None)]),
            json!([one(1, late), one(2, early)]),
            json!([one(1, early), one(2, early)]),
            json!([one(1, None), one(2, early), one(3, late), one(4, late), one(5, late)]),
        ] {
            assert_eq!(refused(&generations), MasterSecretError::Disordered, "{generations}");
        }
        assert!(
            MasterSecret::parse(&json!({ "generations": [one(1, None), one(7, early)] }).to_string()).is_ok()
        );
        assert_eq!(refused(&json!([{ "generation": 1, "secret": "short" }])), MasterSecretError::TooShort);
        let shown = format!("{:?}", MasterSecret::parse(OLD).unwrap());
        assert!(!shown.contains("horse"), "{shown}");
    }

    #[test]
    fn what_has_another_secret_for_the_same_generation_contradicts() {
        let (old, new) = (MasterSecret::parse(OLD).unwrap(), MasterSecret::parse(NEW).unwrap());
        let rotated = old.with_next(NEW, at(100)).unwrap();
        let removed = rotated.without_oldest().unwrap();
        for (one, other) in [(&old, &old), (&old, &rotated), (&rotated, &removed), (&old, &removed)] {
            assert!(!one.contradicts(other) && !other.contradicts(one));
        }
        assert!(old.contradicts(&new) && rotated.contradicts(&new));
        assert!(rotated.contradicts(&old.with_next(OLD, at(100)).unwrap()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            first in "[!-~]{32,60}",
            later in proptest::collection::vec(("\\PC{0,4}[!-~]{32,60}", 1_i64..1_000_000), 0..3),
        ) {
            let first = first.trim_start_matches('{');
            prop_assume!(first.len() >= 32);
            let (mut master, mut second) = (MasterSecret::parse(first).unwrap(), 0);
            for (secret, after) in later {
                second += after;
                master = master.with_next(&secret, at(second)).unwrap();
            }
            let read = MasterSecret::parse(&master.to_text()).unwrap();
            prop_assert!(read.generations().eq(master.generations()) && !read.contradicts(&master));
            let keys = |master: &MasterSecret| master.keyring(at(second)).derive_each("a", "b").collect::<Vec<_>>();
            prop_assert_eq!(keys(&read), keys(&master));
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,80}|\\{\"generations\": \\[\\PC{0,60}") {
            if let Err(error) = MasterSecret::parse(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
