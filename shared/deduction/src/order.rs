//! What is deducted from: an order, and what is known about who orders.

use crate::DeductionError;
use crate::limits::{
    MAX_BALANCES, MAX_CATEGORY_CHARACTERS, MAX_ITEM_CHARACTERS, MAX_LINES, MAX_MEMBER_LEVEL_CHARACTERS,
    MAX_NAME_CHARACTERS, MAX_QUANTITY, MAX_SKU_CHARACTERS,
};
use schemars::JsonSchema;
use scrip_fields::schema::{Count, Text};
use scrip_money::schema::NonNegativeMoney;
use scrip_money::{Currency, MAX_AMOUNT_MINOR_UNITS, Money, MoneyError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderLine")]
pub struct Line {
    /// The merchant's stock-keeping unit.
    #[schemars(with = "Text<MAX_SKU_CHARACTERS>")]
    pub sku: String,
    /// What it is, for people.
    #[schemars(with = "Option<Text<MAX_NAME_CHARACTERS>>")]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// What rules may select it by, besides its stock-keeping unit.
    #[schemars(with = "Option<Text<MAX_CATEGORY_CHARACTERS>>")]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    /// How many pieces, 1 to 9,999.
    #[schemars(range(min = 1, max = MAX_QUANTITY))]
    pub quantity: i64,
    /// The price of one piece, zero or more.
    #[schemars(with = "NonNegativeMoney")]
    pub unit_price: Money,
}

/// What is to be paid before all deductions: a value, or lines whose sum it is. When both are given they must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The value before all deductions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_value: Option<Money>,
    /// The lines, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<Line>,
}

/// What the merchant's terminal vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OrderContext")]
pub struct Context {
    /// The member's level.
    #[schemars(with = "Option<Text<MAX_MEMBER_LEVEL_CHARACTERS>>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_level: Option<String>,
    /// How many orders the member has placed, this one included.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_count: Option<u32>,
    /// The most units of an item that may be used; an item that is not named is not bounded here.
    #[schemars(with = "BTreeMap<String, Count>", extend(
        "maxProperties" = MAX_BALANCES,
        "propertyNames" = { "minLength": 1, "maxLength": MAX_ITEM_CHARACTERS },
    ))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub balances: BTreeMap<String, i64>,
}

impl Order {
    /// An order of which only the value is known.
    pub fn of_value(first_value: Money) -> Self {
        Self { first_value: Some(first_value), lines: Vec::new() }
    }

    /// An order of lines.
    pub fn of_lines(lines: Vec<Line>) -> Self {
        Self { first_value: None, lines }
    }

    /// The value before all deductions.
    ///
    /// # Errors
    /// What is wrong with the order.
    pub fn value(&self) -> Result<Money, DeductionError> {
        let Some(currency) = self.currency() else { return Err(DeductionError::OrderEmpty) };
        if self.lines.len() > MAX_LINES {
            return Err(DeductionError::TooManyLines);
        }
        let mut sum = Money::zero(currency);
        for (at, line) in self.lines.iter().enumerate() {
            sum = sum.checked_add(line.value(at)?)?;
        }
        match self.first_value {
            Some(given) if given.is_negative() => Err(DeductionError::FirstValueNegative),
            Some(given) if !self.lines.is_empty() && given != sum => {
                Err(DeductionError::FirstValueMismatch { given, lines: sum })
            }
            Some(given) => Ok(given),
            None => Ok(sum),
        }
    }

    fn currency(&self) -> Option<Currency> {
        self.first_value.or(self.lines.first().map(|line| line.unit_price)).map(|money| money.currency)
    }
}

impl Line {
    /// The price of all pieces; `at` is the line's place in the order.
    pub(crate) fn value(&self, at: usize) -> Result<Money, DeductionError> {
        if !(1..=MAX_QUANTITY).contains(&self.quantity) {
            return Err(DeductionError::QuantityOutOfRange { line: at });
        }
        if !(0..=MAX_AMOUNT_MINOR_UNITS).contains(&self.unit_price.amount) {
            return Err(DeductionError::UnitPriceOutOfRange { line: at });
        }
        self.unit_price.checked_mul(self.quantity).map_err(MoneyError::into)
    }
}
