//! Who pays how much of a sum, to the last minor unit.

use crate::limits::{MAX_SHARES, MAX_WEIGHT};
use schemars::JsonSchema;
use scrip_fields::schema::User;
use scrip_fields::{check_user, invalid};
use scrip_money::schema::PositiveMoney;
use scrip_money::{Allocation, Money, MoneyError, Percentage, allocate};
use scrip_refusal::{Code, Failure, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// How a sum is split: one of the four. The order of the list decides who gets the minor units that are left over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "equal": ["alice", "bo", "chen"] }))]
pub struct Split {
    /// The ids of users who all pay the same.
    #[schemars(with = "Option<Vec<User>>", length(min = 1, max = MAX_SHARES))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub equal: Option<Vec<String>>,
    /// What each user pays; together they give the total.
    #[schemars(length(min = 1, max = MAX_SHARES))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amounts: Option<Vec<AmountOf>>,
    /// In which proportion users pay.
    #[schemars(length(min = 1, max = MAX_SHARES))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<Vec<WeightOf>>,
    /// How many percent each user pays; together they give 100.
    #[schemars(length(min = 1, max = MAX_SHARES))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub percentages: Option<Vec<PercentageOf>>,
}

/// What a user pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountOf {
    /// The id of the user.
    #[schemars(with = "User")]
    pub user: String,
    /// In minor units of the total's currency: more than zero.
    #[schemars(with = "PositiveMoney")]
    pub amount: Money,
}

/// How much a user counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightOf {
    /// The id of the user.
    #[schemars(with = "User")]
    pub user: String,
    /// A whole number from 1 to 1,000.
    #[schemars(range(min = 1, max = MAX_WEIGHT))]
    pub weight: u64,
}

/// How many percent a user pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentageOf {
    /// The id of the user.
    #[schemars(with = "User")]
    pub user: String,
    /// Of the total, with at most 4 decimal places.
    pub percentage: Percentage,
}

/// What one user pays of the sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The user.
    pub user: String,
    /// Minor units.
    pub amount: i64,
    /// How many minor units more than the exact share, rounded down.
    pub leftover: i64,
}

/// The four kinds, one of which is given.
enum Kind<'a> {
    Equal(&'a [String]),
    Amounts(&'a [AmountOf]),
    Weights(&'a [WeightOf]),
    Percentages(&'a [PercentageOf]),
}

impl<'a> Kind<'a> {
    fn name(&self) -> &'static str {
        match self {
            Self::Equal(_) => "equal",
            Self::Amounts(_) => "amounts",
            Self::Weights(_) => "weights",
            Self::Percentages(_) => "percentages",
        }
    }

    fn users(&self) -> Vec<&'a str> {
        match self {
            Self::Equal(list) => list.iter().map(String::as_str).collect(),
            Self::Amounts(list) => list.iter().map(|one| one.user.as_str()).collect(),
            Self::Weights(list) => list.iter().map(|one| one.user.as_str()).collect(),
            Self::Percentages(list) => list.iter().map(|one| one.user.as_str()).collect(),
        }
    }
}

impl Split {
    fn kind(&self) -> Result<Kind<'_>, Refusal> {
        let kinds = [
            self.equal.as_deref().map(Kind::Equal),
            self.amounts.as_deref().map(Kind::Amounts),
            self.weights.as_deref().map(Kind::Weights),
            self.percentages.as_deref().map(Kind::Percentages),
        ];
        let mut given = kinds.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(kind), None) => Ok(kind),
            _ => Err(invalid("/split", "one of equal, amounts, weights and percentages")),
        }
    }

    /// Whom the split names, in its order. At least one of them is somebody else than who asks.
    ///
    /// # Errors
    /// A refusal of the field that names nobody, too many, somebody twice or what can't be a user.
    pub fn users(&self, requester: &str) -> Result<Vec<&str>, Refusal> {
        let kind = self.kind()?;
        let (pointer, users) = (format!("/split/{}", kind.name()), kind.users());
        if users.len() > MAX_SHARES {
            return Err(Refusal::field(pointer, Code::TooMany, format!("at most {MAX_SHARES} users")));
        }
        let mut seen = BTreeSet::new();
        for (place, user) in users.iter().enumerate() {
            let at = match kind {
                Kind::Equal(_) => format!("{pointer}/{place}"),
                _ => format!("{pointer}/{place}/user"),
            };
            check_user(user, &at)?;
            if !seen.insert(*user) {
                return Err(invalid(at, "each user once"));
            }
        }
        if !users.iter().any(|user| *user != requester) {
            return Err(Refusal::field(pointer, Code::OutOfRange, "somebody else than who asks"));
        }
        Ok(users)
    }

    /// Divides a total, to the last minor unit.
    ///
    /// # Errors
    /// `split-mismatch`, `share-too-small`, `currency-mismatch`, and refusals of fields.
    pub fn divide(&self, total: Money, allocation: Allocation) -> Result<Vec<Part>, Failure> {
        let kind = self.kind()?;
        let users = kind.users();
        let weights: Vec<u64> = match &kind {
            Kind::Amounts(list) => return Ok(by_amounts(total, list)?),
            Kind::Equal(list) => vec![1; list.len()],
            Kind::Weights(list) => {
                list.iter().enumerate().map(|(place, one)| weight(place, one)).collect::<Result<_, _>>()?
            }
            Kind::Percentages(list) => {
                require_hundred(list)?;
                list.iter().map(|one| one.percentage.ten_thousandths().into()).collect()
            }
        };
        let sum: i128 = weights.iter().copied().map(i128::from).sum();
        let shares = allocate(total, &weights, allocation)?;
        let mut parts = Vec::new();
        for ((user, weight), share) in users.into_iter().zip(&weights).zip(shares) {
            if share.amount <= 0 {
                let detail = "Each share is at least one minor unit. Leave out who is to pay nothing.";
                return Err(Refusal::new(Code::ShareTooSmall, detail).with("user", user).into());
            }
            let floor = i128::from(total.amount) * i128::from(*weight) / sum;
            let floor = i64::try_from(floor).map_err(Failure::broken)?;
            parts.push(Part { user: user.to_owned(), amount: share.amount, leftover: share.amount - floor });
        }
        Ok(parts)
    }
}

fn weight(place: usize, one: &WeightOf) -> Result<u64, Refusal> {
    if (1..=MAX_WEIGHT).contains(&one.weight) {
        return Ok(one.weight);
    }
    let pointer = format!("/split/weights/{place}/weight");
    Err(Refusal::field(pointer, Code::OutOfRange, format!("a whole number from 1 to {MAX_WEIGHT}")))
}

fn by_amounts(total: Money, list: &[AmountOf]) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    for (place, AmountOf { user, amount }) in list.iter().enumerate() {
        let amount = amount.positive(&format!("/split/amounts/{place}/amount"))?;
        if amount.currency != total.currency {
            return Err(MoneyError::CurrencyMismatch.into());
        }
        parts.push(Part { user: user.clone(), amount: amount.amount, leftover: 0 });
    }
    let given = Money::checked_sum(total.currency, list.iter().map(|one| one.amount))?;
    let left = total.checked_sub(given)?.amount;
    if left != 0 {
        let detail = "The amounts do not give the total.";
        return Err(Refusal::new(Code::SplitMismatch, detail).with("left", left));
    }
    Ok(parts)
}

fn require_hundred(list: &[PercentageOf]) -> Result<(), Refusal> {
    let given: i64 = list.iter().map(|one| i64::from(one.percentage.ten_thousandths())).sum();
    let left = i64::from(Percentage::HUNDRED.ten_thousandths()) - given;
    if left == 0 {
        return Ok(());
    }
    let (sign, left) = (if left < 0 { "-" } else { "" }, left.unsigned_abs());
    let (whole, part) = (left / 10_000, format!("{:04}", left % 10_000));
    let part = part.trim_end_matches('0');
    let left = if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") };
    let detail = "The percentages do not give 100.";
    Err(Refusal::new(Code::SplitMismatch, detail).with("left", left))
}

#[cfg(test)]
mod tests;
