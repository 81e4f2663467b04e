//! Ids that are derived from who asks for what with which idempotency key: asking twice names the same thing.

use crate::item::{Item, text};
use scrip_refusal::{Code, Refusal};
use sha2::{Digest, Sha256};

/// Bits of an id's hash; the chance that two of a trillion ids meet is below 1 in 10^14.
const ID_BYTES: usize = 16;
/// Crockford's base 32 in lower case: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of an id behind its prefix.
pub const ID_CHARACTERS: usize = (ID_BYTES * 8).div_ceil(5);

/// The caller's `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key.
    pub const MAX_CHARACTERS: usize = 255;

    /// The regular expression of what [`Self::parse`] accepts.
    pub fn pattern() -> String {
        let key = format!("[!-~]{{1,{}}}", Self::MAX_CHARACTERS);
        format!("^({key}|\"{key}\")$")
    }

    /// Reads a key, bare or as a quoted string (draft-ietf-httpapi-idempotency-key-header).
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyInvalid`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let visible = bare.bytes().all(|byte| byte.is_ascii_graphic());
        if bare.is_empty() || bare.len() > Self::MAX_CHARACTERS || !visible {
            let detail = "Send 1 to 255 visible ASCII characters, such as a UUID, as Idempotency-Key.";
            return Err(Refusal::new(Code::IdempotencyKeyInvalid, detail));
        }
        Ok(Self(bare.to_owned()))
    }

    /// A key that a workflow or queue makes of what it handles.
    pub fn internal(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hash of a request: the same key with another hash is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    hash: String,
    /// The hashes that the same request may have been stored with, where they are made with a key that is rotated.
    others: Vec<String>,
}

impl Fingerprint {
    /// Hashes parts, each framed by its length.
    pub fn of(parts: &[&[u8]]) -> Self {
        Self { hash: base32(&hash(parts)), others: Vec::new() }
    }

    /// The same with each of these keys in front, of which the first is the one to store.
    pub fn keyed<K: AsRef<[u8]>>(keys: &[K], parts: &[&[u8]]) -> Self {
        let keyed = |key: &K| {
            let all: Vec<&[u8]> = [key.as_ref()].into_iter().chain(parts.iter().copied()).collect();
            base32(&hash(&all))
        };
        let mut hashes = keys.iter().map(keyed);
        Self { hash: hashes.next().unwrap_or_default(), others: hashes.collect() }
    }

    /// The hash to store, as text.
    pub fn as_str(&self) -> &str {
        &self.hash
    }

    /// Whether what is stored is a hash of the same request.
    pub fn is(&self, stored: &str) -> bool {
        self.hash == stored || self.others.iter().any(|other| other == stored)
    }
}

/// Where a creation comes from: who asks, for which operation, with which key and request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who asks, such as `user:alice`.
    pub principal: String,
    /// The operation's name.
    pub operation: String,
    /// The caller's key.
    pub key: IdempotencyKey,
    /// The request's hash.
    pub fingerprint: Fingerprint,
}

impl Origin {
    /// The id of what this request creates.
    pub fn id(&self, prefix: &str) -> String {
        derive_id(prefix, &[&self.principal, &self.operation, self.key.as_str()])
    }

    /// The id of what this request creates within something else, such as an item within a bill: there, a key is new
    /// in each of them.
    pub fn id_within(&self, parent: &str, prefix: &str) -> String {
        derive_id(prefix, &[&self.principal, &self.operation, self.key.as_str(), parent])
    }

    /// The ids that this very request is remembered by, each made of its key and its body: the first is the one to store,
    /// the others are those of before the keys of its hash changed.
    pub fn request_ids(&self, prefix: &str) -> Vec<String> {
        let Fingerprint { hash, others } = &self.fingerprint;
        [hash].into_iter().chain(others).map(|hash| self.id_within(hash, prefix)).collect()
    }
}

/// What was created, now or by an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    /// What the request is answered with.
    pub value: T,
    /// Whether an earlier request created it.
    pub replayed: bool,
}

impl<T> Created<T> {
    /// The same in another form.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Created<U>, E> {
        Ok(Created { value: f(self.value)?, replayed: self.replayed })
    }
}

/// An id made of texts: the same texts give the same id.
pub fn derive_id(prefix: &str, parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
    format!("{prefix}{}", &base32(&hash(&parts))[..ID_CHARACTERS])
}

/// The regular expression of what [`is_id`] accepts.
pub fn id_pattern(prefix: &str) -> String {
    format!("^{prefix}[0-9a-hjkmnp-tv-z]{{{ID_CHARACTERS}}}$")
}

/// Whether `text` has the form of an id with this prefix.
pub fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == ID_CHARACTERS && rest.bytes().all(|byte| ALPHABET.contains(&byte)))
}

/// Accepts what exists as the answer to replay, if it came from the same request.
///
/// # Errors
/// [`Code::IdempotencyKeyReused`] if it came from another one.
pub fn check_replay(existing: &Item, fingerprint: &Fingerprint) -> Result<(), Refusal> {
    if text(existing, "request_hash").is_some_and(|hash| fingerprint.is(hash)) {
        return Ok(());
    }
    let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
    Err(Refusal::new(Code::IdempotencyKeyReused, detail))
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[((bits >> held) & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[((bits << (5 - held)) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_bare_or_quoted() {
        assert_eq!(IdempotencyKey::parse("\"k-1\"").unwrap(), IdempotencyKey::parse("k-1").unwrap());
        assert_eq!(IdempotencyKey::parse("k-1").unwrap().as_str(), "k-1");
        assert_eq!(IdempotencyKey::pattern(), r#"^([!-~]{1,255}|"[!-~]{1,255}")$"#);
        for bad in ["", "\"\"", "a b", "ключ", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad).unwrap_err().code, Code::IdempotencyKeyInvalid, "{bad}");
        }
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
    }

    /// The vectors of RFC 4648 section 10 for base32hex, whose digits from `G` on stand one or more letters further here.
    #[test]
    fn bytes_are_written_five_bits_at_a_time() {
        for (bytes, written) in [
            ("", ""),
            ("f", "cr"),
            ("fo", "csqg"),
            ("foo", "csqpy"),
            ("foob", "csqpyrg"),
            ("fooba", "csqpyrk1"),
            ("foobar", "csqpyrk1e8"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), written, "{bytes}");
        }
    }

    #[test]
    fn an_id_has_its_prefix_its_length_and_its_letters() {
        let id = derive_id("bill_", &["x"]);
        assert!(is_id("bill_", &id) && !is_id("dev_", &id));
        assert!(!is_id("bill_", &id[..id.len() - 1]) && !is_id("bill_", &format!("{id}0")));
        assert!(!is_id("bill_", &format!("{}u", &id[..id.len() - 1])));
    }

    #[test]
    fn a_request_is_the_same_by_whichever_key_it_was_hashed() {
        let [old, new, other] = [[1; 32], [2; 32], [3; 32]];
        let stored = Fingerprint::keyed(&[old], &[b"body"]);
        let again = Fingerprint::keyed(&[new, old], &[b"body"]);
        assert_ne!(again.as_str(), stored.as_str());
        assert!(again.is(stored.as_str()) && again.is(again.as_str()));
        assert!(!Fingerprint::keyed(&[new, other], &[b"body"]).is(stored.as_str()));
        assert!(!Fingerprint::keyed(&[new, old], &[b"another"]).is(stored.as_str()));
        assert_eq!(Fingerprint::keyed(&[old], &[b"body"]), Fingerprint::of(&[&old, b"body"]));
    }

    fn origin(fingerprint: Fingerprint) -> Origin {
        Origin {
            principal: "user:alice".to_owned(),
            operation: "add-items".to_owned(),
            key: IdempotencyKey::internal("k"),
            fingerprint,
        }
    }

    #[test]
    fn a_key_is_new_within_each_parent_and_for_each_caller_and_operation() {
        let origin = origin(Fingerprint::of(&[]));
        let id = origin.id_within("bill_1", "item_");
        assert!(is_id("item_", &id) && is_id("item_", &origin.id("item_")));
        assert_eq!(origin.id_within("bill_1", "item_"), id);
        let other = Origin { principal: "user:bob".to_owned(), ..origin.clone() };
        let another = Origin { operation: "remove-item".to_owned(), ..origin.clone() };
        for different in [
            origin.id_within("bill_2", "item_"),
            origin.id("item_"),
            other.id_within("bill_1", "item_"),
            another.id_within("bill_1", "item_"),
        ] {
            assert_ne!(different, id);
        }
    }

    #[test]
    fn a_request_is_remembered_by_each_hash_it_may_have() {
        let ids = |keys: &[[u8; 32]]| origin(Fingerprint::keyed(keys, &[b"body"])).request_ids("preq_");
        let (old, both) = (ids(&[[1; 32]]), ids(&[[2; 32], [1; 32]]));
        assert_eq!((old.len(), both.len()), (1, 2));
        assert_eq!(both[1], old[0]);
        assert_ne!(both[0], both[1]);
        assert!(both.iter().all(|id| is_id("preq_", id)));
    }

    #[test]
    fn what_exists_is_the_answer_to_the_request_that_made_it_alone() {
        let (made, other) = (Fingerprint::of(&[b"one"]), Fingerprint::of(&[b"other"]));
        let item = |hash: &str| {
            let hash = crate::AttributeValue::S(hash.to_owned());
            Item::from([("request_hash".to_owned(), hash)])
        };
        assert_eq!(check_replay(&item(made.as_str()), &made), Ok(()));
        for (item, fingerprint) in [(item(made.as_str()), &other), (Item::new(), &made)] {
            assert_eq!(check_replay(&item, fingerprint).unwrap_err().code, Code::IdempotencyKeyReused);
        }
    }

    #[test]
    fn base_32_keeps_every_bit() {
        assert_eq!(base32(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(base32(&[0x80]), "g0");
    }

    proptest! {
        #[test]
        fn parts_do_not_run_together(a in "[a-z]{1,8}", b in "[a-z]{1,8}") {
            let together = format!("{a}{b}");
            prop_assert_ne!(derive_id("txn_", &[&a, &b]), derive_id("txn_", &[&together]));
            prop_assert_ne!(derive_id("txn_", &[&a, &b]), derive_id("txn_", &[&together, ""]));
        }

        #[test]
        fn derived_ids_have_the_form_of_ids(part in "\\PC{0,40}") {
            let id = derive_id("bill_", &[&part]);
            prop_assert!(is_id("bill_", &id));
            prop_assert!(!is_id("item_", &id));
        }

        #[test]
        fn what_the_pattern_says_is_an_id(
            id in proptest::string::string_regex(id_pattern("bill_").trim_matches(['^', '$'])).unwrap()
        ) {
            prop_assert!(is_id("bill_", &id));
        }
    }
}
