//! Percent-encoding of paths (RFC 3986 section 2.1).

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Decodes a path segment. `None` if an escape is malformed, which the library would leave as it stands, or the text is
/// not UTF-8.
pub fn decode_segment(text: &str) -> Option<String> {
    let is_escape = |after: &str| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decode_segment("a%2Fb%20c%2525").as_deref(), Some("a/b c%25"));
        assert_eq!(decode_segment("%E5%8C%85").as_deref(), Some("包"));
        for bad in ["%", "%2", "%zz", "%+1", "%ff", "%2%41"] {
            assert_eq!(decode_segment(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in "\\PC{0,40}") {
            prop_assert_eq!(decode_segment(&utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()), Some(text));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}") {
            let _ = decode_segment(&text);
        }
    }
}
