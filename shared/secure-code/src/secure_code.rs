//! A code as a payer presents it.

use serde::{Deserialize, Deserializer, de};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// The shortest code: a time-based one.
pub const MIN_CODE_DIGITS: usize = 8;
/// The longest code: a static one.
pub const MAX_CODE_DIGITS: usize = 24;

/// A code as it was typed or scanned: 8 to 24 ASCII digits. `Debug` redacts it.
#[derive(Clone)]
pub struct SecureCode(Zeroizing<String>);

/// The text is not 8 to 24 ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureCodeError;

impl SecureCode {
    /// Reads a code.
    ///
    /// # Errors
    /// The text is not 8 to 24 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, SecureCodeError> {
        let fits = (MIN_CODE_DIGITS..=MAX_CODE_DIGITS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self::of_digits(text.to_owned())) } else { Err(SecureCodeError) }
    }

    pub(crate) fn of_digits(digits: String) -> Self {
        Self(Zeroizing::new(digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecureCode {
    type Err = SecureCodeError;

    fn from_str(text: &str) -> Result<Self, SecureCodeError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for SecureCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl fmt::Debug for SecureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureCode([redacted])")
    }
}

impl fmt::Display for SecureCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {MIN_CODE_DIGITS} to {MAX_CODE_DIGITS} digits")
    }
}

impl std::error::Error for SecureCodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn debug_shows_no_code() {
        assert_eq!(format!("{:?}", SecureCode::parse("12345678").unwrap()), "SecureCode([redacted])");
    }

    proptest! {
        #[test]
        fn eight_to_24_ascii_digits_are_a_code(text in "[0-9]{0,30}") {
            let parsed = SecureCode::parse(&text);
            prop_assert_eq!(parsed.is_ok(), (8..=24).contains(&text.len()));
            if let Ok(code) = parsed {
                prop_assert_eq!(code.as_str(), text);
            }
        }

        #[test]
        fn what_is_not_all_digits_is_none(text in "[0-9]{4,12}[^0-9][0-9]{4,11}") {
            prop_assert_eq!(SecureCode::parse(&text).unwrap_err(), SecureCodeError);
        }
    }
}
