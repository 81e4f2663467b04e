//! What a payer presents, and what an order is called.

use scrip_fields::is_order_reference;
use scrip_secure_code::{Presentation, PresentationError, SecureCode, SecureCodeError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// Ids of transactions begin so; a reference that did could not be told from one.
const TRANSACTION_PREFIX: &str = "pos_";

/// What the merchant calls an order. It is unique for the device: the server knows a repeated order by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderReference(String);

/// The text can't be an order's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReference;

/// A code or PIN. `Debug` redacts it, and it is overwritten on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// What a payer presents. Its JSON is part of a request's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Payer {
    /// The 18 digits that the phone shows to be scanned.
    Scanned {
        /// The digits.
        presentation_code: Secret,
    },
    /// A user who is named, and a code.
    Named {
        /// The user's id.
        user: String,
        /// The code.
        secure_code: Secret,
    },
}

impl Payer {
    /// What was scanned.
    ///
    /// # Errors
    /// It is not 18 digits, or one of them was misread.
    pub fn scanned(digits: &str) -> Result<Self, PresentationError> {
        Presentation::parse(digits)?;
        Ok(Self::Scanned { presentation_code: digits.to_owned().into() })
    }

    /// What was typed.
    ///
    /// # Errors
    /// The code is not 8 to 24 digits.
    pub fn named(user: &str, code: &str) -> Result<Self, SecureCodeError> {
        SecureCode::parse(code)?;
        Ok(Self::Named { user: user.to_owned(), secure_code: code.to_owned().into() })
    }
}

impl OrderReference {
    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrderReference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let fits = is_order_reference(text) && !text.starts_with(TRANSACTION_PREFIX);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAReference) }
    }
}

impl TryFrom<String> for OrderReference {
    type Error = NotAReference;

    fn try_from(text: String) -> Result<Self, NotAReference> {
        text.parse()
    }
}

impl From<OrderReference> for String {
    fn from(reference: OrderReference) -> Self {
        reference.0
    }
}

impl fmt::Display for OrderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NotAReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not 1 to 64 letters, digits, dots, colons, dashes and underscores without pos_ in front")
    }
}

impl std::error::Error for NotAReference {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Secret {
    /// The code or PIN itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_short_plain_and_no_ids() {
        for text in ["1", "till-3.2026:0007_a", &"a".repeat(64)] {
            assert_eq!(text.parse::<OrderReference>().unwrap().as_str(), text);
        }
        for text in ["", "pos_1", "a b", "a/b", "é", &"a".repeat(65)] {
            assert_eq!(text.parse::<OrderReference>(), Err(NotAReference), "{text}");
        }
    }

    #[test]
    fn what_was_misread_is_found_without_asking() {
        let alias = scrip_secure_code::Alias::parse("123456789").unwrap();
        let code = SecureCode::parse("87654321").unwrap();
        let digits = Presentation::new(alias, code).unwrap().to_string();
        assert!(Payer::scanned(&digits).is_ok());
        assert_eq!(Payer::scanned(&digits.replacen('1', "7", 1)), Err(PresentationError::Misread));
        assert!(Payer::named("alice", "12345678").is_ok());
        assert_eq!(Payer::named("alice", "1234567x"), Err(SecureCodeError));
    }

    #[test]
    fn payers_are_told_apart_by_their_members_and_never_shown() {
        let scanned = Payer::Scanned { presentation_code: "1".repeat(18).into() };
        let named = Payer::Named { user: "alice".into(), secure_code: "12345678".to_owned().into() };
        for payer in [scanned, named] {
            let json = serde_json::to_string(&payer).unwrap();
            assert_eq!(serde_json::from_str::<Payer>(&json).unwrap(), payer);
            let shown = format!("{payer:?}");
            assert!(!shown.contains("1111") && !shown.contains("1234"), "{shown}");
        }
    }
}
