//! Percent-encoding of paths and queries (RFC 3986 section 2.1; for queries, WHATWG URL section 5.1).

use std::collections::BTreeMap;

/// Decodes a path segment. `None` if an escape is malformed, or the text is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            bytes.push(nibble(rest.next()?)? << 4 | nibble(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The parameters of a query; the last of several values counts. What is malformed is left out.
pub(super) fn query(query: Option<&str>) -> BTreeMap<String, String> {
    let decode = |text: &str| decode(&text.replace('+', " "));
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decode("a%2Fb%20c%2525").as_deref(), Some("a/b c%25"));
        assert_eq!(decode("%E5%8C%85").as_deref(), Some("包"));
        for bad in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_last_value_of_a_query_counts() {
        let parameters = query(Some("limit=1&after=a%3D%26&limit=2&flag&name=a+b&bad=%zz&&"));
        let pairs: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("after", "a=&"), ("flag", ""), ("limit", "2"), ("name", "a b")]);
        assert!(query(None).is_empty());
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in "\\PC{0,40}") {
            let encoded: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decode(&encoded.concat()), Some(text));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}") {
            let _ = (decode(&text), query(Some(&text)));
        }
    }
}
