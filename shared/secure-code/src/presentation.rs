//! What a phone shows and a point of sale scans: 18 digits that tell whose code it is, and the code.

use crate::secure_code::SecureCode;
use crate::totp::TOTP_DIGITS;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// Digits of an alias.
pub const ALIAS_DIGITS: usize = 9;
/// Digits of a presentation: alias, code, check digit.
pub const PRESENTATION_DIGITS: usize = ALIAS_DIGITS + TOTP_DIGITS + 1;

const ALIASES: u64 = 1_000_000_000;

/// Nine digits that stand for a user at points of sale, instead of the user's id. They are no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(u32);

/// An alias and a time-based code. `Debug` redacts the code.
#[derive(Clone, Debug)]
pub struct Presentation {
    alias: Alias,
    code: SecureCode,
}

/// Why a text is no presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationError {
    /// It does not have as many digits as it should, or other signs.
    NotDigits,
    /// The check digit does not fit: a digit was misread.
    Misread,
}

impl Alias {
    /// The alias that a number falls on: its last nine digits.
    pub fn of_number(number: u64) -> Self {
        Self(u32::try_from(number % ALIASES).unwrap_or(0))
    }

    /// Reads an alias.
    ///
    /// # Errors
    /// The text is not nine ASCII digits.
    pub fn parse(text: &str) -> Result<Self, PresentationError> {
        let digits = text.len() == ALIAS_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten().ok_or(PresentationError::NotDigits)
    }
}

impl Presentation {
    /// Shows a time-based code of a user.
    ///
    /// # Errors
    /// The code does not have eight digits.
    pub fn new(alias: Alias, code: SecureCode) -> Result<Self, PresentationError> {
        if code.as_str().len() == TOTP_DIGITS {
            Ok(Self::of(alias, code))
        } else {
            Err(PresentationError::NotDigits)
        }
    }

    pub(crate) fn of(alias: Alias, code: SecureCode) -> Self {
        Self { alias, code }
    }

    /// Reads what was scanned or typed: 18 digits, the last of which checks the others.
    ///
    /// # Errors
    /// It has another form, or a digit was misread.
    pub fn parse(text: &str) -> Result<Self, PresentationError> {
        if text.len() != PRESENTATION_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PresentationError::NotDigits);
        }
        let (digits, check) = text.split_at(PRESENTATION_DIGITS - 1);
        if check.as_bytes() != [check_digit(digits)] {
            return Err(PresentationError::Misread);
        }
        let (alias, code) = digits.split_at(ALIAS_DIGITS);
        Ok(Self::of(Alias::parse(alias)?, SecureCode::of_digits(code.to_owned())))
    }

    /// Whose code it is.
    pub fn alias(&self) -> Alias {
        self.alias
    }

    /// The code, eight digits.
    pub fn code(&self) -> &SecureCode {
        &self.code
    }
}

/// The check digit of ISO/IEC 7064, MOD 11,10: it finds every single wrong digit and nearly all that changed places.
pub fn check_digit(digits: &str) -> u8 {
    let product = digits.bytes().fold(10, |product, digit| {
        let sum = (product + (digit - b'0')) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    b'0' + (11 - product) % 10
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0ALIAS_DIGITS$}", self.0)
    }
}

impl fmt::Display for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = Zeroizing::new(format!("{}{}", self.alias, self.code.as_str()));
        write!(f, "{}{}", digits.as_str(), char::from(check_digit(&digits)))
    }
}

impl FromStr for Alias {
    type Err = PresentationError;

    fn from_str(text: &str) -> Result<Self, PresentationError> {
        Self::parse(text)
    }
}

impl FromStr for Presentation {
    type Err = PresentationError;

    fn from_str(text: &str) -> Result<Self, PresentationError> {
        Self::parse(text)
    }
}

impl Serialize for Alias {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Alias {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| de::Error::custom("expected 9 digits"))
    }
}

impl<'de> Deserialize<'de> for Presentation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl fmt::Display for PresentationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDigits => write!(f, "expected {PRESENTATION_DIGITS} digits"),
            Self::Misread => {
                write!(f, "expected {PRESENTATION_DIGITS} digits of which the last checks the others")
            }
        }
    }
}

impl std::error::Error for PresentationError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example that the standard gives.
    #[test]
    fn iso_7064_mod_11_10() {
        assert_eq!(check_digit("0794"), b'5');
    }

    #[test]
    fn debug_shows_no_code() {
        let presentation = Presentation::new(Alias::of_number(7), SecureCode::parse("12345678").unwrap());
        assert_eq!(
            format!("{:?}", presentation.unwrap()),
            "Presentation { alias: Alias(7), code: SecureCode([redacted]) }"
        );
    }

    #[test]
    fn only_time_based_codes_are_presented() {
        let code = SecureCode::parse("123456789012").unwrap();
        assert_eq!(Presentation::new(Alias::of_number(7), code).unwrap_err(), PresentationError::NotDigits);
    }

    fn presentation() -> impl Strategy<Value = (u64, String)> {
        (any::<u64>(), "[0-9]{8}")
    }

    proptest! {
        #[test]
        fn presentations_round_trip((number, code) in presentation()) {
            let alias = Alias::of_number(number);
            let shown = Presentation::new(alias, SecureCode::parse(&code).unwrap()).unwrap().to_string();
            prop_assert_eq!(shown.len(), PRESENTATION_DIGITS);
            let read = Presentation::parse(&shown).unwrap();
            prop_assert_eq!((read.alias(), read.code().as_str()), (alias, code.as_str()));
            prop_assert_eq!(Alias::parse(&alias.to_string()), Ok(alias));
        }

        #[test]
        fn every_single_wrong_digit_is_found((number, code) in presentation()) {
            let code = SecureCode::parse(&code).unwrap();
            let shown = Presentation::new(Alias::of_number(number), code).unwrap().to_string();
            for place in 0..PRESENTATION_DIGITS {
                for digit in b'0'..=b'9' {
                    let mut misread = shown.clone().into_bytes();
                    misread[place] = digit;
                    let misread = String::from_utf8(misread).unwrap();
                    prop_assert_eq!(Presentation::parse(&misread).is_ok(), misread == shown);
                }
            }
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,24}") {
            let _ = Presentation::parse(&text);
            let _ = Alias::parse(&text);
        }
    }
}
