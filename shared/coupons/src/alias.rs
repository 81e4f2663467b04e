//! Ten digits that stand for a coupon in its codes, and that its key is made of. They are no secret.

use sha2::{Digest, Sha256};
use std::fmt;

/// Digits of an alias.
pub const ALIAS_DIGITS: usize = 10;
const ALIASES: u64 = 10_000_000_000;

/// A coupon's alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(u64);

impl Alias {
    /// The alias of a coupon's id. Two ids rarely have the same: then the one that comes later gets another id.
    pub fn of(id: &str) -> Self {
        let hash = Sha256::digest(id.as_bytes());
        let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Self(number % ALIASES)
    }

    /// Reads ten digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == ALIAS_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0ALIAS_DIGITS$}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_alias_is_what_it_is_shown_as(id in "cpn_[0-9a-z]{26}") {
            let alias = Alias::of(&id);
            prop_assert_eq!(alias.to_string().len(), ALIAS_DIGITS);
            prop_assert_eq!(Alias::parse(&alias.to_string()), Some(alias));
        }
    }

    #[test]
    fn only_ten_digits_are_an_alias() {
        for text in ["", "123456789", "12345678901", "123456789a", "+123456789", "１２３４５６７８９０"]
        {
            assert_eq!(Alias::parse(text), None, "{text}");
        }
    }
}
