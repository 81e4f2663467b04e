//! How the API's description shows fields: each of these types stands for a text in a request, with its limits as the
//! rules of this crate have them.

use crate::order_reference::MAX_ORDER_REFERENCE_CHARACTERS;
use crate::user::MAX_USER_CHARACTERS;
use schemars::{Schema, json_schema};
use scrip_schema::inline;

/// No control character, and no blank at either end (ECMA-262, and what Rust, Python and Go read alike).
const TEXT_PATTERN: &str = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$";
const USER_PATTERN: &str = "^[!-~]+$";
const WORD_PATTERN: &str = "^[A-Za-z0-9_-]+$";
const ORDER_REFERENCE_PATTERN: &str = "^[A-Za-z0-9._:-]+$";

/// What [`crate::check_text`] accepts.
#[derive(Debug)]
pub enum Text<const MOST: usize> {}

/// What [`crate::check_word`] accepts.
#[derive(Debug)]
pub enum Word<const MOST: usize> {}

/// What [`crate::check_user`] accepts.
#[derive(Debug)]
pub enum User {}

/// What [`crate::is_order_reference`] accepts.
#[derive(Debug)]
pub enum OrderReference {}

/// So many ASCII digits.
#[derive(Debug)]
pub enum Digits<const LEAST: usize, const MOST: usize> {}

/// A whole number that is zero or more.
#[derive(Debug)]
pub enum Count {}

/// A text without padding that stands for so many bytes in base64url (RFC 4648, section 5).
#[derive(Debug)]
pub enum Base64Url<const BYTES: usize> {}

inline!(Text<const MOST: usize>: bounded(TEXT_PATTERN, MOST));
inline!(Word<const MOST: usize>: bounded(WORD_PATTERN, MOST));
inline!(User: bounded(USER_PATTERN, MAX_USER_CHARACTERS));
inline!(OrderReference: bounded(ORDER_REFERENCE_PATTERN, MAX_ORDER_REFERENCE_CHARACTERS));
inline!(Count: json_schema!({ "type": "integer", "format": "int64", "minimum": 0 }));
inline!(Digits<const LEAST: usize, const MOST: usize>: json_schema!({
    "type": "string",
    "pattern": digits(LEAST, MOST),
}));
inline!(Base64Url<const BYTES: usize>: json_schema!({
    "type": "string",
    "pattern": format!("^[A-Za-z0-9_-]{{{}}}$", (BYTES * 8).div_ceil(6)),
}));

fn bounded(pattern: &str, most: usize) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern, "minLength": 1, "maxLength": most })
}

fn digits(least: usize, most: usize) -> String {
    if least == most { format!("^[0-9]{{{most}}}$") } else { format!("^[0-9]{{{least},{most}}}$") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, SchemaGenerator};

    fn shown<T: JsonSchema>() -> Schema {
        T::json_schema(&mut SchemaGenerator::default())
    }

    #[test]
    fn each_says_its_limits() {
        assert_eq!(shown::<Digits<6, 6>>(), json_schema!({ "type": "string", "pattern": "^[0-9]{6}$" }));
        assert_eq!(shown::<Digits<8, 24>>(), json_schema!({ "type": "string", "pattern": "^[0-9]{8,24}$" }));
        let x = json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" });
        assert_eq!(shown::<Base64Url<32>>(), x);
        let word =
            json_schema!({ "type": "string", "pattern": WORD_PATTERN, "minLength": 1, "maxLength": 32 });
        assert_eq!(shown::<Word<32>>(), word);
        assert_ne!(Text::<1>::schema_id(), Text::<2>::schema_id());
    }
}
