//! How a point of sale names an order.

/// The longest order reference.
pub const MAX_ORDER_REFERENCE_CHARACTERS: usize = 64;

/// Whether a text can be an order reference: 1 to 64 letters, digits, `.`, `_`, `:` and `-`, all of them ASCII, so that
/// it can stand in a path.
pub fn is_order_reference(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    (1..=MAX_ORDER_REFERENCE_CHARACTERS).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reference_holds_nothing_that_means_something_elsewhere() {
        for good in ["1", "A-1.2_3:4", &"x".repeat(64)] {
            assert!(is_order_reference(good), "{good}");
        }
        for bad in ["", "a b", "a#b", "a/b", "ü", &"x".repeat(65)] {
            assert!(!is_order_reference(bad), "{bad}");
        }
    }
}
