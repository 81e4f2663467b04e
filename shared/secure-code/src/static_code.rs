//! Static codes: printed or remembered, they count for several payments.

use crate::secure_code::SecureCode;
use rand::Rng;
use scrip_fields::is_card_number;
use std::{fmt, str::FromStr};

/// The shortest static code.
pub const MIN_STATIC_CODE_DIGITS: usize = 12;
/// The longest static code.
pub const MAX_STATIC_CODE_DIGITS: usize = 24;

/// A code of 12 to 24 digits that does not look like a card number. `Debug` redacts it.
#[derive(Clone, Debug)]
pub struct StaticCode(SecureCode);

/// Why a text is no static code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticCodeError {
    /// It is not 12 to 24 ASCII digits.
    NotDigits,
    /// It looks like the number of a payment card.
    LooksLikeACard,
}

impl StaticCode {
    /// Reads a code.
    ///
    /// # Errors
    /// It is not 12 to 24 ASCII digits, or looks like a card number.
    pub fn parse(text: &str) -> Result<Self, StaticCodeError> {
        let code = SecureCode::parse(text).map_err(|_| StaticCodeError::NotDigits)?;
        if !(MIN_STATIC_CODE_DIGITS..=MAX_STATIC_CODE_DIGITS).contains(&text.len()) {
            return Err(StaticCodeError::NotDigits);
        }
        if is_card_number(text) { Err(StaticCodeError::LooksLikeACard) } else { Ok(Self(code)) }
    }

    /// A random code of so many digits, brought into the range of 12 to 24. It never looks like a card number.
    pub fn generate(digits: usize) -> Self {
        let digits = digits.clamp(MIN_STATIC_CODE_DIGITS, MAX_STATIC_CODE_DIGITS);
        let mut random = rand::rng();
        loop {
            let text = (0..digits).map(|_| char::from(random.random_range(b'0'..=b'9'))).collect::<String>();
            let code = SecureCode::of_digits(text);
            if !is_card_number(code.as_str()) {
                return Self(code);
            }
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The code as it is presented.
    pub fn as_secure_code(&self) -> &SecureCode {
        &self.0
    }
}

impl FromStr for StaticCode {
    type Err = StaticCodeError;

    fn from_str(text: &str) -> Result<Self, StaticCodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for StaticCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDigits => {
                write!(f, "expected {MIN_STATIC_CODE_DIGITS} to {MAX_STATIC_CODE_DIGITS} digits")
            }
            Self::LooksLikeACard => f.write_str("expected digits that do not look like a card number"),
        }
    }
}

impl std::error::Error for StaticCodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_another_form_is_refused() {
        for text in
            ["", "12345678901", "1234567890123456789012345", "12345678901x", "１２３４５６７８９０１２"]
        {
            assert_eq!(StaticCode::parse(text).unwrap_err(), StaticCodeError::NotDigits, "{text}");
        }
        assert_eq!(StaticCode::parse("4111111111111111").unwrap_err(), StaticCodeError::LooksLikeACard);
        assert!(StaticCode::parse("4111111111111112").is_ok());
    }

    #[test]
    fn debug_shows_no_code() {
        assert_eq!(format!("{:?}", StaticCode::generate(12)), "StaticCode(SecureCode([redacted]))");
    }

    proptest! {
        #[test]
        fn what_is_generated_can_be_read_and_is_no_card(digits in 0_usize..40) {
            let code = StaticCode::generate(digits);
            prop_assert_eq!(code.as_str().len(), digits.clamp(12, 24));
            prop_assert!(!is_card_number(code.as_str()));
            prop_assert!(StaticCode::parse(code.as_str()).is_ok());
        }
    }
}
