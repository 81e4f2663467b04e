//! Words that stand in keys and paths: names of stores and items.

use crate::invalid;
use scrip_refusal::Refusal;

/// The longest name of a store.
pub const MAX_STORE_CHARACTERS: usize = 32;

/// Whether a text holds nothing but letters, digits, `-` and `_`, all of them ASCII: nothing that has a meaning in a key
/// or a path. The empty text is one.
pub fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The regular expression of what [`is_word_of`] accepts.
pub fn word_pattern(most: usize) -> String {
    format!("^[A-Za-z0-9_-]{{1,{most}}}$")
}

/// Whether a text is a word of 1 to `most` characters.
pub fn is_word_of(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && is_word(text)
}

/// Accepts a word of 1 to `most` characters.
///
/// # Errors
/// A refusal of the field at `pointer`.
pub fn check_word(text: &str, pointer: &str, most: usize) -> Result<(), Refusal> {
    if is_word_of(text, most) {
        return Ok(());
    }
    Err(invalid(pointer, format!("1 to {most} letters A to Z and a to z, digits, - and _")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_refusal::Code;

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
