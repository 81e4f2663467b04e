//! What a calculation says.

use crate::Rule;
use schemars::JsonSchema;
use scrip_money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What an item is; it decides what using it consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DeductionItemKind")]
pub enum Kind {
    /// A coupon: one unit for each use.
    Coupon,
    /// What members get; consumes nothing.
    Member,
    /// Points: as many units as the deduction is worth.
    Points,
    /// Stored value: what is deducted, in minor units of the order's currency.
    StoredValue,
    /// A promotion; consumes nothing.
    Promotion,
}

/// An item to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its name, unique in the calculation.
    pub item: &'a str,
    /// What it is.
    pub kind: Kind,
    /// The version of its rule, which the step repeats.
    pub version: Option<u32>,
    /// Its rule.
    pub rule: &'a Rule,
}

/// A second value, and how it came about. The same request gives the same bytes, in whatever order it names items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Calculation<'a> {
    /// What was to be paid before all deductions.
    pub first_value: Money,
    /// What is to be paid after them.
    pub second_value: Money,
    /// One step for each item, in the order of application.
    pub steps: Vec<Step<'a>>,
    /// What is left of each line, in the order of the request; nothing for an order without lines.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<Money>,
    /// What of the items' balances is used, in the order of application.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub consumed: Vec<Consumed<'a>>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step<'a> {
    /// The item.
    pub item: Cow<'a, str>,
    /// The version of its rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<u32>,
    /// The order's value before it.
    pub before: Money,
    /// The order's value after it.
    pub after: Money,
    /// The difference.
    pub deducted: Money,
    /// Why it was refused, if it was; nothing is deducted then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
    /// What kept the deduction smaller than the effect alone would have made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limited_by: Option<Limit>,
    /// What was deducted from each line, in the order of the request; nothing when the item was refused or the order
    /// has no lines.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<Money>,
}

/// What is used of an item's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consumed<'a> {
    /// The item.
    pub item: Cow<'a, str>,
    /// Units: pieces, points, or minor units of the currency.
    pub units: i64,
    /// The currency of stored value. Coupons and points have none: ISO 4217 `XXX` in a ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub currency: Option<Currency>,
}

/// Why an item was refused. The first one in this order that holds is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// An exclusive item has applied before.
    Excluded,
    /// It is exclusive, and another item has applied before.
    Exclusive,
    /// The order has no line that the rule targets.
    TargetNotInOrder,
    /// The member does not have one of the levels.
    MemberLevelNotMet,
    /// It is not the member's order of that number.
    NthOrderNotMet,
    /// There are fewer pieces than the rule asks for.
    MinimumQuantityNotMet,
    /// The value is below the threshold or the first tier.
    ThresholdNotMet,
    /// Earlier deductions have left nothing to deduct from.
    NothingLeft,
    /// The value is not above the minimum payable.
    MinimumPayable,
    /// The balance does not suffice for a single minor unit.
    InsufficientFunds,
    /// The effect comes to nothing here, as a price that is lower already.
    NoEffect,
}

/// What kept a deduction small: the tightest bound, and of equal ones the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DeductionLimit")]
pub enum Limit {
    /// What is left of the order or of the lines.
    Value,
    /// The rule's cap.
    Cap,
    /// The minimum payable, of this rule or of one that applied before.
    MinimumPayable,
    /// The balance.
    InsufficientFunds,
}

impl Calculation<'_> {
    /// All that is deducted.
    pub fn deducted(&self) -> Money {
        Money::new(
            self.first_value.amount.saturating_sub(self.second_value.amount),
            self.first_value.currency,
        )
    }

    /// The same, independent of the items it was calculated from.
    pub fn into_owned(self) -> Calculation<'static> {
        Calculation {
            first_value: self.first_value,
            second_value: self.second_value,
            steps: self.steps.into_iter().map(Step::into_owned).collect(),
            lines: self.lines,
            consumed: self.consumed.into_iter().map(Consumed::into_owned).collect(),
        }
    }
}

impl Step<'_> {
    fn into_owned(self) -> Step<'static> {
        Step {
            item: Cow::Owned(self.item.into_owned()),
            version: self.version,
            before: self.before,
            after: self.after,
            deducted: self.deducted,
            reason: self.reason,
            limited_by: self.limited_by,
            lines: self.lines,
        }
    }
}

impl Consumed<'_> {
    fn into_owned(self) -> Consumed<'static> {
        Consumed { item: Cow::Owned(self.item.into_owned()), units: self.units, currency: self.currency }
    }
}
