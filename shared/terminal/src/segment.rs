//! What stands in paths and queries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text as one segment of a path or one value of a query.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn what_could_change_the_path_is_encoded() {
        assert_eq!(segment("half-price_2.~"), "half-price_2.~");
        assert_eq!(segment("../a?b=c&d#é"), "..%2Fa%3Fb%3Dc%26d%23%C3%A9");
    }
}
