//! Amounts of money and their arithmetic.

use crate::Currency;
use schemars::JsonSchema;
use scrip_refusal::{Code, Failure, Refusal};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt};

/// The largest amount that a request may name: ten trillion CNY, one trillion KWD. Nine thousand of them still fit
/// into a balance.
pub const MAX_AMOUNT_MINOR_UNITS: i64 = 1_000_000_000_000_000;

/// An amount of a currency. It has no order of its own, since amounts of two currencies have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Integer minor units of the currency, such as fen or cents; whole units where it has none.
    pub amount: i64,
    /// The ISO 4217 currency.
    pub currency: Currency,
}

/// Why an amount can't be calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Amounts of different currencies meet.
    CurrencyMismatch,
    /// The result does not fit into 64 bits of minor units.
    Overflow,
    /// There is something to allocate, but nothing that weighs more than zero.
    NoRecipient,
}

impl MoneyError {
    const fn code_and_detail(self) -> (Code, &'static str) {
        match self {
            Self::CurrencyMismatch => (Code::CurrencyMismatch, "Name all amounts in the same currency."),
            Self::Overflow => (Code::AmountTooLarge, "Split this into smaller amounts."),
            Self::NoRecipient => (Code::Internal, "An amount has nothing to be allocated to."),
        }
    }
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, detail) = self.code_and_detail();
        write!(f, "{code}: {detail}")
    }
}

impl std::error::Error for MoneyError {}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        let (code, detail) = error.code_and_detail();
        Self::new(code, detail)
    }
}

/// `NoRecipient` is no fault of the caller's and becomes `Broken`.
impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::CurrencyMismatch | MoneyError::Overflow => Refusal::from(error).into(),
            MoneyError::NoRecipient => Self::broken(error),
        }
    }
}

/// The end of every calculation that is done in 128 bits.
pub(crate) fn narrow(amount: i128) -> Result<i64, MoneyError> {
    i64::try_from(amount).map_err(|_| MoneyError::Overflow)
}

impl Money {
    /// `amount` minor units of `currency`.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing of `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.amount < 0
    }

    /// The sum of two amounts.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.with(self.amount_like(other)?.checked_add(other.amount))
    }

    /// What is left when `other` is taken off; it may be negative.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.with(self.amount_like(other)?.checked_sub(other.amount))
    }

    /// The same amount the other way.
    ///
    /// # Errors
    /// `Overflow`, for the one amount that has no opposite.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with(self.amount.checked_neg())
    }

    /// The price of `quantity` units at this price each.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn checked_mul(self, quantity: i64) -> Result<Self, MoneyError> {
        self.with(self.amount.checked_mul(quantity))
    }

    /// How two amounts of the same currency compare.
    ///
    /// # Errors
    /// `CurrencyMismatch`.
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        Ok(self.amount_like(other)?.cmp(&other.amount))
    }

    /// The sum of `amounts`, all of `currency`; zero if there are none. Only the total must fit, not the sums on the
    /// way to it, so the order does not matter.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        let zero = Self::zero(currency);
        let total = amounts.into_iter().try_fold(0_i128, |total, money| {
            let amount = i128::from(money.amount_like(zero)?);
            total.checked_add(amount).ok_or(MoneyError::Overflow)
        })?;
        Ok(Self::new(narrow(total)?, currency))
    }

    /// Lets only amounts pass that a request may ask for: above zero, at most `MAX_AMOUNT_MINOR_UNITS`. `pointer` is
    /// the JSON Pointer (RFC 6901) of the money in the request.
    ///
    /// # Errors
    /// `amount-not-positive` or `out-of-range` at `<pointer>/amount`.
    pub fn positive(self, pointer: &str) -> Result<Self, Refusal> {
        let refused = |code, detail: String| Err(Refusal::field(format!("{pointer}/amount"), code, detail));
        match self.amount {
            ..=0 => {
                refused(Code::AmountNotPositive, "Expected an amount above zero, in minor units.".to_owned())
            }
            1..=MAX_AMOUNT_MINOR_UNITS => Ok(self),
            _ => refused(Code::OutOfRange, format!("Expected at most {MAX_AMOUNT_MINOR_UNITS} minor units.")),
        }
    }

    fn amount_like(self, other: Self) -> Result<i64, MoneyError> {
        if self.currency == other.currency { Ok(self.amount) } else { Err(MoneyError::CurrencyMismatch) }
    }

    fn with(self, amount: Option<i64>) -> Result<Self, MoneyError> {
        amount.map(|amount| Self { amount, ..self }).ok_or(MoneyError::Overflow)
    }
}

/// `12.50 CNY`, `-1250 JPY`, `0.005 KWD`: as many decimal places as the currency has, and no grouping.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(self.currency.exponent());
        let (whole, part) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        let sign = if self.is_negative() { "-" } else { "" };
        write!(f, "{sign}{whole}")?;
        if unit > 1 {
            let places = usize::try_from(self.currency.exponent()).map_err(|_| fmt::Error)?;
            write!(f, ".{part:0places$}")?;
        }
        write!(f, " {}", self.currency)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::currency::tests::any_currency;
    use proptest::prelude::*;

    pub(crate) fn any_amount() -> impl Strategy<Value = i64> {
        prop_oneof![
            3 => any::<i64>(),
            3 => -1_000_i64..=1_000,
            1 => prop::sample::select(&[i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX][..]),
        ]
    }

    fn cny(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    #[test]
    fn json_is_minor_units_and_code_and_nothing_else() {
        let money = cny(1250);
        let json = r#"{"amount":1250,"currency":"CNY"}"#;
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
        assert_eq!(serde_json::from_str::<Money>(json).unwrap(), money);
        for (json, reason) in [
            (r#"{"amount":1250,"currency":"CNY","unit":1}"#, "unknown field `unit`"),
            (r#"{"amount":12.5,"currency":"CNY"}"#, "expected i64"),
            (r#"{"amount":"1250","currency":"CNY"}"#, "expected i64"),
            (r#"{"amount":9223372036854775808,"currency":"CNY"}"#, "expected i64"),
            (r#"{"amount":1250,"currency":"CNX"}"#, "unknown-currency: "),
            (r#"{"amount":1250}"#, "missing field `currency`"),
        ] {
            let error = serde_json::from_str::<Money>(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }

    #[test]
    fn the_schema_requires_both_members_and_allows_no_other() {
        let schema = schemars::schema_for!(Money);
        assert_eq!(schema.get("required"), Some(&serde_json::json!(["amount", "currency"])));
        assert_eq!(schema.get("additionalProperties"), Some(&false.into()));
        assert_eq!(schema.pointer("/properties/amount/type"), Some(&"integer".into()));
    }

    #[test]
    fn money_is_shown_with_the_places_of_its_currency() {
        for (amount, currency, text) in [
            (1250, Currency::CNY, "12.50 CNY"),
            (-5, Currency::CNY, "-0.05 CNY"),
            (0, Currency::CNY, "0.00 CNY"),
            (-1250, Currency::JPY, "-1250 JPY"),
            (5, Currency::KWD, "0.005 KWD"),
            (12_345, Currency::CLF, "1.2345 CLF"),
            (i64::MIN, Currency::CNY, "-92233720368547758.08 CNY"),
        ] {
            assert_eq!(Money::new(amount, currency).to_string(), text);
        }
    }

    #[test]
    fn only_positive_amounts_within_the_limit_pass() {
        for amount in [1, MAX_AMOUNT_MINOR_UNITS] {
            assert_eq!(cny(amount).positive("/ceiling"), Ok(cny(amount)));
        }
        for (amount, code) in [
            (0, Code::AmountNotPositive),
            (i64::MIN, Code::AmountNotPositive),
            (MAX_AMOUNT_MINOR_UNITS + 1, Code::OutOfRange),
            (i64::MAX, Code::OutOfRange),
        ] {
            let refusal = cny(amount).positive("/items/0/unit_price").unwrap_err();
            assert_eq!(refusal.code, Code::InvalidRequest);
            assert_eq!(refusal.fields.len(), 1);
            assert_eq!(refusal.fields[0].pointer, "/items/0/unit_price/amount");
            assert_eq!(refusal.fields[0].code, code);
        }
    }

    #[test]
    fn errors_become_refusals_and_failures() {
        for (error, code) in [
            (MoneyError::CurrencyMismatch, Code::CurrencyMismatch),
            (MoneyError::Overflow, Code::AmountTooLarge),
        ] {
            assert_eq!(Refusal::from(error).code, code);
            assert_eq!(Failure::from(error).code(), Some(code));
        }
        assert!(matches!(Failure::from(MoneyError::NoRecipient), Failure::Broken(_)));
    }

    #[test]
    fn a_sum_may_pass_the_limits_on_its_way() {
        let amounts = [i64::MAX, 1, -1].map(cny);
        assert_eq!(Money::checked_sum(Currency::CNY, amounts), Ok(cny(i64::MAX)));
        assert_eq!(Money::checked_sum(Currency::CNY, [cny(i64::MAX), cny(1)]), Err(MoneyError::Overflow));
        assert_eq!(Money::checked_sum(Currency::JPY, []), Ok(Money::zero(Currency::JPY)));
        assert_eq!(Money::checked_sum(Currency::JPY, [cny(1)]), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn arithmetic_is_exact_or_refused(a in any_amount(), b in any_amount(), currency in any_currency()) {
            let (left, right) = (Money::new(a, currency), Money::new(b, currency));
            let (wide_a, wide_b) = (i128::from(a), i128::from(b));
            let exact = |wide: i128| {
                i64::try_from(wide).map(|amount| Money::new(amount, currency)).map_err(|_| MoneyError::Overflow)
            };
            prop_assert_eq!(left.checked_add(right), exact(wide_a + wide_b));
            prop_assert_eq!(left.checked_sub(right), exact(wide_a - wide_b));
            prop_assert_eq!(left.checked_mul(b), exact(wide_a * wide_b));
            prop_assert_eq!(left.checked_neg(), exact(-wide_a));
            prop_assert_eq!(left.checked_cmp(right), Ok(a.cmp(&b)));
            prop_assert_eq!(Money::checked_sum(currency, [left, right]), left.checked_add(right));
        }

        #[test]
        fn currencies_never_mix(a in any_amount(), b in any_amount(), c in any_currency(), d in any_currency()) {
            prop_assume!(c != d);
            let (left, right) = (Money::new(a, c), Money::new(b, d));
            prop_assert_eq!(left.checked_add(right), Err(MoneyError::CurrencyMismatch));
            prop_assert_eq!(left.checked_sub(right), Err(MoneyError::CurrencyMismatch));
            prop_assert_eq!(left.checked_cmp(right), Err(MoneyError::CurrencyMismatch));
            prop_assert_eq!(Money::checked_sum(c, [left, right]), Err(MoneyError::CurrencyMismatch));
        }

        #[test]
        fn json_round_trips(amount in any_amount(), currency in any_currency()) {
            let money = Money::new(amount, currency);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn what_is_shown_reads_back(amount in any_amount(), currency in any_currency()) {
            let text = Money::new(amount, currency).to_string();
            let (number, code) = text.split_once(' ').unwrap();
            let places = number.split_once('.').map_or(0, |(_, part)| part.len());
            prop_assert_eq!(u32::try_from(places).unwrap(), currency.exponent());
            prop_assert_eq!(number.replace('.', "").parse::<i64>().unwrap(), amount);
            prop_assert_eq!(code.parse(), Ok(currency));
        }
    }
}
