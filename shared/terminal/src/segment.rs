//! What stands in paths and queries.

use std::fmt::Write;

/// The text as one segment of a path or one value of a query (RFC 3986 section 2): everything but unreserved characters
/// percent-encoded.
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
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
