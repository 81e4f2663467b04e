//! Names that stand in keys and addresses: of users and stores.

use crate::paths::OfUser;
use scrip_http::Problem;
use scrip_refusal::{Code, Refusal};

/// The longest id of a user.
pub(crate) const MAX_USER_CHARACTERS: usize = 64;
/// The longest name of a store.
pub(crate) const MAX_STORE_CHARACTERS: usize = 32;

/// Accepts 1 to `most` letters, digits, `-` and `_`, all of them ASCII.
///
/// # Errors
/// A refusal of the field at `pointer`.
pub(crate) fn check_word(text: &str, pointer: &str, most: usize) -> Result<(), Refusal> {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits && (1..=most).contains(&text.len()) {
        return Ok(());
    }
    let detail = format!("1 to {most} letters A to Z and a to z, digits, - and _");
    Err(Refusal::field(pointer, Code::InvalidField, detail))
}

/// The other user that the path names.
///
/// # Errors
/// `not-found` for what can't be a user's id, and for oneself.
pub(crate) fn other_user(path: &OfUser, user: &str) -> Result<String, Problem> {
    let other = path.user()?;
    if other == user { Err(no_such_user().into()) } else { Ok(other) }
}

pub(crate) fn no_such_user() -> Refusal {
    Refusal::new(Code::NotFound, "No other user can have this id.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_nothing_that_means_something_in_a_key() {
        for good in ["a", "store-1", "S_2", &"x".repeat(32)] {
            assert!(check_word(good, "/store", MAX_STORE_CHARACTERS).is_ok(), "{good}");
        }
        for bad in ["", "a#b", "a b", "ü", "a/b", &"x".repeat(33)] {
            let refusal = check_word(bad, "/store", MAX_STORE_CHARACTERS).unwrap_err();
            assert_eq!(refusal.fields[0].code, Code::InvalidField, "{bad}");
        }
    }
}
