//! The opaque cursor of a list: where the last page ended.

use crate::item::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use scrip_refusal::{Code, Refusal};
use std::collections::BTreeMap;

/// The longest cursor.
pub const MAX_CURSOR_BYTES: usize = 2_048;

/// Writes a key, all of whose attributes are strings.
pub(crate) fn encode(key: &Item) -> Option<String> {
    let texts: BTreeMap<&str, &str> = key
        .iter()
        .map(|(name, value)| Some((name.as_str(), value.as_s().ok()?.as_str())))
        .collect::<Option<_>>()?;
    Some(BASE64URL_NOPAD.encode(&serde_json::to_vec(&texts).ok()?))
}

/// Reads a key back; it must lie in the partition that is listed, so that no cursor leads into another's.
pub(crate) fn decode(cursor: &str, partition: (&str, &str)) -> Result<Item, Refusal> {
    let invalid =
        || Refusal::new(Code::InvalidCursor, "Send the value of next from this list's last page, or none.");
    if cursor.len() > MAX_CURSOR_BYTES {
        return Err(invalid());
    }
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| invalid())?;
    let texts: BTreeMap<String, String> = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if texts.get(partition.0).map(String::as_str) != Some(partition.1) || texts.values().any(String::is_empty)
    {
        return Err(invalid());
    }
    Ok(texts.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_round_trips(pk in "[A-Z#a-z0-9_]{1,40}", sk in "\\PC{1,40}") {
            let key = Key::new(pk.clone(), sk).to_item();
            let cursor = encode(&key).unwrap();
            prop_assert_eq!(decode(&cursor, ("pk", &pk)).unwrap(), key);
        }

        #[test]
        fn what_was_not_handed_out_is_refused(cursor in "\\PC{0,80}") {
            prop_assert!(decode(&cursor, ("pk", "BILL#1")).is_err());
        }
    }

    #[test]
    fn a_cursor_is_no_longer_than_the_longest_and_holds_no_empty_text() {
        let of = |bytes: usize| encode(&Key::new("A", "x".repeat(bytes)).to_item()).unwrap();
        let longest = (0..MAX_CURSOR_BYTES).find(|bytes| of(*bytes).len() == MAX_CURSOR_BYTES).unwrap();
        assert!(decode(&of(longest), ("pk", "A")).is_ok());
        assert!(decode(&of(longest + 1), ("pk", "A")).is_err());
        assert!(decode(&of(0), ("pk", "A")).is_err());
    }

    #[test]
    fn a_cursor_of_another_partition_is_refused() {
        let cursor = encode(&Key::new("USER#mallory", "x").to_item()).unwrap();
        assert_eq!(decode(&cursor, ("pk", "USER#alice")).unwrap_err().code, Code::InvalidCursor);
    }
}
