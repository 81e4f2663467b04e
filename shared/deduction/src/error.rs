//! Why nothing can be calculated at all.

use crate::limits::{MAX_ITEMS, MAX_LINES, MAX_QUANTITY};
use scrip_money::{MAX_AMOUNT_MINOR_UNITS, Money, MoneyError};
use scrip_refusal::{Code, Failure, Refusal};
use std::fmt;

/// Why nothing can be calculated. That an item does not apply is no error: its step says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeductionError {
    /// Amounts of the order and the rules have different currencies.
    CurrencyMismatch,
    /// A sum or a number of units does not fit into 64 bits.
    Overflow,
    /// There is neither a value nor a line.
    OrderEmpty,
    /// The value is below zero.
    FirstValueNegative,
    /// The value is not the sum of the lines.
    FirstValueMismatch {
        /// The value as given.
        given: Money,
        /// The sum of the lines.
        lines: Money,
    },
    /// There are more lines than one order may have.
    TooManyLines,
    /// A line has no piece, or too many.
    QuantityOutOfRange {
        /// Its place in the order, from zero.
        line: usize,
    },
    /// A line has a price below zero, or above the largest amount.
    UnitPriceOutOfRange {
        /// Its place in the order, from zero.
        line: usize,
    },
    /// There are more items than one calculation may have.
    TooManyItems,
    /// An item is named twice.
    ItemRepeated {
        /// Its second place in the request, from zero.
        item: usize,
    },
}

impl From<MoneyError> for DeductionError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::CurrencyMismatch => Self::CurrencyMismatch,
            // What is allocated is above zero only where something weighs.
            MoneyError::Overflow | MoneyError::NoRecipient => Self::Overflow,
        }
    }
}

impl From<DeductionError> for Refusal {
    fn from(error: DeductionError) -> Self {
        let field = |pointer: &str, code, detail: &str| Self::field(pointer, code, detail);
        match error {
            DeductionError::CurrencyMismatch => MoneyError::CurrencyMismatch.into(),
            DeductionError::Overflow => MoneyError::Overflow.into(),
            DeductionError::OrderEmpty => {
                field("/first_value", Code::MissingField, "Name the first value, or the lines.")
            }
            DeductionError::FirstValueNegative => {
                field("/first_value/amount", Code::OutOfRange, "Expected zero or more.")
            }
            DeductionError::FirstValueMismatch { given, lines } => {
                let detail = format!("The lines sum to {lines}, not to {given}.");
                Self::field("/first_value", Code::InvalidField, detail)
            }
            DeductionError::TooManyLines => {
                Self::field("/lines", Code::TooMany, format!("at most {MAX_LINES} lines"))
            }
            DeductionError::QuantityOutOfRange { line } => Self::field(
                format!("/lines/{line}/quantity"),
                Code::OutOfRange,
                format!("1 to {MAX_QUANTITY}"),
            ),
            DeductionError::UnitPriceOutOfRange { line } => Self::field(
                format!("/lines/{line}/unit_price/amount"),
                Code::OutOfRange,
                format!("0 to {MAX_AMOUNT_MINOR_UNITS} minor units"),
            ),
            DeductionError::TooManyItems => {
                Self::field("/items", Code::TooMany, format!("at most {MAX_ITEMS} items"))
            }
            DeductionError::ItemRepeated { item } => {
                Self::field(format!("/items/{item}"), Code::InvalidField, "Name each item once.")
            }
        }
    }
}

impl From<DeductionError> for Failure {
    fn from(error: DeductionError) -> Self {
        Refusal::from(error).into()
    }
}

impl fmt::Display for DeductionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refusal = Refusal::from(*self);
        match refusal.fields.first() {
            Some(field) => write!(f, "{} at {}: {}", field.code, field.pointer, field.detail),
            None => refusal.fmt(f),
        }
    }
}

impl std::error::Error for DeductionError {}
