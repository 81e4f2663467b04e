//! Ids of users: what the issuer of a user's tokens writes as `sub`, such as `auth0|64f…` or an e-mail address.
//!
//! An id stands as it is in answers, notifications, exports, and wherever it is the whole of a value or its end. In keys of
//! the store it stands as [`user_in_key`] writes it.

use crate::invalid;
use scrip_refusal::Refusal;
use std::borrow::Cow;

/// The longest id of a user (`OpenID` Connect Core section 2: `sub` has at most 255 ASCII characters).
pub const MAX_USER_CHARACTERS: usize = 255;
/// What separates the parts of a key.
const SEPARATOR: char = '#';

/// Whether a text can be the id of a user: 1 to 255 visible ASCII characters.
pub fn is_user(text: &str) -> bool {
    (1..=MAX_USER_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The regular expression of what [`is_user`] accepts.
pub fn user_pattern() -> String {
    format!("^[!-~]{{1,{MAX_USER_CHARACTERS}}}$")
}

/// Accepts the id of a user.
///
/// # Errors
/// A refusal of the field at `pointer`.
pub fn check_user(text: &str, pointer: &str) -> Result<(), Refusal> {
    if is_user(text) {
        return Ok(());
    }
    Err(invalid(pointer, format!("1 to {MAX_USER_CHARACTERS} visible ASCII characters")))
}

/// A user's id as it stands in keys: without the separator of a key's parts, so that no two ids, with whatever stands
/// beside them, make the same key or one that begins with another's parts.
///
/// The three lowest visible characters are written as the lowest and a digit. So keys have the order of the ids, one begins
/// with another if and only if the ids do, and ids of letters, digits, `-` and `_` stand as they are.
pub fn user_in_key(user: &str) -> Cow<'_, str> {
    if !user.contains(['!', '"', SEPARATOR]) {
        return Cow::Borrowed(user);
    }
    let mut key = String::with_capacity(user.len() + 8);
    for sign in user.chars() {
        match sign {
            '!' => key.push_str("!1"),
            '"' => key.push_str("!2"),
            SEPARATOR => key.push_str("!3"),
            _ => key.push(sign),
        }
    }
    Cow::Owned(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scrip_refusal::Code;

    #[test]
    fn what_issuers_write_is_an_id() {
        for good in ["alice", "auth0|64f", "ann+b@example.com", "=1+1", "a#b", "..", "'", &"x".repeat(255)] {
            assert!(is_user(good), "{good}");
        }
        for bad in ["", "a b", "ü", "a\n", "\u{7f}", "a\u{0}", &"x".repeat(256)] {
            assert!(!is_user(bad), "{bad:?}");
            assert_eq!(check_user(bad, "/user").unwrap_err().fields[0].code, Code::InvalidField, "{bad:?}");
        }
    }

    #[test]
    fn ids_of_words_stand_in_keys_as_they_are() {
        for id in ["alice", "A-z_09", "auth0|64f", "a@b.example"] {
            assert_eq!(user_in_key(id), id);
        }
        assert_eq!(user_in_key("a#!\"$"), "a!3!1!2$");
    }

    /// A key such as `CONTACTS#a#CONTACT#b`, were it one text.
    fn key(ids: &[String]) -> String {
        ids.iter().flat_map(|id| ["#".into(), user_in_key(id)]).collect()
    }

    proptest! {
        #[test]
        fn keys_are_as_different_as_ids_and_in_their_order(a in "[!-~]{1,9}|[!\"#$1-3]{1,4}", b in "[!-~]{1,9}|[!\"#$1-3]{1,4}") {
            let (key_a, key_b) = (user_in_key(&a), user_in_key(&b));
            prop_assert_eq!(key_a.cmp(&key_b), a.cmp(&b));
            prop_assert_eq!(key_a.starts_with(&*key_b), a.starts_with(&b));
            prop_assert!(!key_a.contains(SEPARATOR));
            prop_assert!(key_a.bytes().all(|byte| byte.is_ascii_graphic()));
        }

        #[test]
        fn parts_of_a_key_never_run_together(
            a in proptest::collection::vec("[!\"#$1-3]{1,3}", 1..4),
            b in proptest::collection::vec("[!\"#$1-3]{1,3}", 1..4),
        ) {
            prop_assert_eq!(key(&a) == key(&b), a == b);
        }
    }
}
