//! Rules as they are written: what is deducted, from what, when, and how it goes together with others.

use crate::Target;
use crate::limits::{
    MAX_EXCHANGE_UNITS, MAX_FREE_UNITS, MAX_MEMBER_LEVEL_CHARACTERS, MAX_MEMBER_LEVELS, MAX_NTH_ORDER,
    MAX_QUANTITY, MAX_TIERS,
};
use schemars::JsonSchema;
use scrip_fields::schema::Text;
use scrip_money::schema::PositiveMoney;
use scrip_money::{Allocation, Money, Percentage, Rounding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What an item deducts. Written, it has only what differs from the defaults, so that equal rules are equal bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "DeductionRule")]
pub struct Rule {
    /// What is deducted, unless a tier is reached. Either this or `tiers` is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// From what it is deducted: the order, unless lines are named.
    #[serde(skip_serializing_if = "is_default")]
    pub target: Target,
    /// Other effects from a value on, ascending: the last one that is reached counts.
    #[schemars(length(max = MAX_TIERS))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// What must hold for the rule to apply at all.
    #[serde(skip_serializing_if = "is_default")]
    pub conditions: Conditions,
    /// The most that the rule deducts.
    #[schemars(with = "Option<PositiveMoney>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// What the order costs at least once this rule has applied.
    #[schemars(with = "Option<PositiveMoney>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_payable: Option<Money>,
    /// Whether it applies without being named.
    #[serde(skip_serializing_if = "is_default")]
    pub automatic: bool,
    /// How it goes together with other rules.
    #[serde(skip_serializing_if = "is_default")]
    pub stacking: Stacking,
    /// What becomes of a fraction of a minor unit.
    #[serde(skip_serializing_if = "is_default")]
    pub rounding: Rounding,
    /// Who of the lines bears the minor units that are left when the deduction is spread over them.
    #[serde(skip_serializing_if = "is_default")]
    pub allocation: Allocation,
    /// What points are worth; only for items of kind `points`. Without it, one point is worth one minor unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

/// What is deducted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A part of the value.
    #[schemars(title = "PercentageEffect")]
    Percentage(Percentage),
    /// A fixed amount: once, or for each piece where the target is spread over each.
    #[schemars(title = "AmountEffect")]
    Amount(#[schemars(with = "PositiveMoney")] Money),
    /// All above this price: of the whole, or of each piece where the target is spread over each.
    #[schemars(title = "FixedPriceEffect")]
    FixedPrice(#[schemars(with = "PositiveMoney")] Money),
    /// Of every `buy + get` pieces the cheapest `get` are free.
    #[schemars(title = "FreeUnitsEffect")]
    FreeUnits(FreeUnits),
}

/// How many pieces must be bought for how many free ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeUnits {
    /// Pieces to be paid for, 1 to 99.
    #[schemars(range(min = 1, max = MAX_FREE_UNITS))]
    pub buy: u32,
    /// Pieces that are free then, 1 to 99.
    #[schemars(range(min = 1, max = MAX_FREE_UNITS))]
    pub get: u32,
}

/// An effect from a value on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RuleTier")]
pub struct Tier {
    /// The value, of what the rule targets, from which on the effect counts.
    #[schemars(with = "PositiveMoney")]
    pub from: Money,
    /// What is deducted then.
    pub effect: Effect,
}

/// What must hold for a rule to apply. All that is named must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RuleConditions")]
pub struct Conditions {
    /// The least value of what the rule targets, measured on its base.
    #[schemars(with = "Option<PositiveMoney>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Money>,
    /// The fewest pieces of what the rule targets.
    #[schemars(range(min = 1, max = MAX_QUANTITY))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<u32>,
    /// The member has one of these levels.
    #[schemars(with = "Vec<Text<MAX_MEMBER_LEVEL_CHARACTERS>>", length(max = MAX_MEMBER_LEVELS))]
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub member_levels: BTreeSet<String>,
    /// It is exactly the member's order of this number: 1 is the first one.
    #[schemars(range(min = 1, max = MAX_NTH_ORDER))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth_order: Option<u32>,
}

/// How a rule goes together with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RuleStacking")]
pub struct Stacking {
    /// Lower ones apply earlier.
    #[serde(skip_serializing_if = "is_default")]
    pub priority: i32,
    /// Whether it applies only alone: not after another, and no other after it.
    #[serde(skip_serializing_if = "is_default")]
    pub exclusive: bool,
    /// Which value percentages, fixed prices, free units, thresholds and tiers look at.
    #[serde(skip_serializing_if = "is_default")]
    pub base: Base,
}

/// Which value a rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleBase")]
pub enum Base {
    /// The value before all deductions.
    First,
    /// The value that earlier deductions have left.
    #[default]
    Reduced,
}

/// What points are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// So many units …
    #[schemars(range(min = 1, max = MAX_EXCHANGE_UNITS))]
    pub units: u32,
    /// … are worth this.
    #[schemars(with = "PositiveMoney")]
    pub worth: Money,
}

impl Rule {
    /// A rule with nothing but its effect.
    pub fn of(effect: Effect) -> Self {
        Self { effect: Some(effect), ..Self::default() }
    }

    /// All amounts that the rule names.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        let tiers = self.tiers.iter().flat_map(|tier| [Some(tier.from), tier.effect.amount()]);
        [
            self.effect.and_then(Effect::amount),
            self.conditions.threshold,
            self.cap,
            self.minimum_payable,
            self.exchange.map(|exchange| exchange.worth),
        ]
        .into_iter()
        .chain(tiers)
        .flatten()
    }
}

impl Effect {
    fn amount(self) -> Option<Money> {
        match self {
            Self::Amount(money) | Self::FixedPrice(money) => Some(money),
            Self::Percentage(_) | Self::FreeUnits(_) => None,
        }
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
