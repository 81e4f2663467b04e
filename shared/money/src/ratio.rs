//! Exact ratios, and parts of an amount.

use crate::money::narrow;
use crate::{Money, MoneyError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use scrip_refusal::{Code, Failure, Refusal};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, num::NonZeroU64, str::FromStr};

/// A fraction that is zero or above, kept exactly and as given: 2/4 is another value than 1/2, of the same effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: NonZeroU64,
}

impl Ratio {
    /// `numerator / denominator`.
    pub const fn new(numerator: u64, denominator: NonZeroU64) -> Self {
        Self { numerator, denominator }
    }
}

/// What becomes of a fraction of a minor unit. All three treat negative amounts as the mirror image of positive
/// ones, so that a reversal takes back exactly what was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest; a half away from zero: 2.5 to 3, -2.5 to -3.
    #[default]
    HalfUp,
    /// To the nearest; a half to the even neighbour: 2.5 to 2, 3.5 to 4, -2.5 to -2.
    HalfEven,
    /// Toward zero: 2.9 to 2, -2.9 to -2.
    Down,
}

impl Rounding {
    /// `dividend / divisor`, rounded. Needs a divisor from 1 to `u64::MAX`.
    fn divide(self, dividend: i128, divisor: i128) -> i128 {
        // Division of integers goes toward zero, and the remainder has the sign of the dividend.
        let (quotient, remainder) = (dividend / divisor, dividend % divisor);
        let twice = remainder.abs() * 2;
        let away = match self {
            Self::HalfUp => twice >= divisor,
            Self::HalfEven => twice > divisor || (twice == divisor && quotient % 2 != 0),
            Self::Down => false,
        };
        if away { quotient + remainder.signum() } else { quotient }
    }
}

impl Money {
    /// The part of this amount that `ratio` says, rounded to a whole minor unit.
    ///
    /// # Errors
    /// `Overflow`, only for ratios above one.
    pub fn portion(self, ratio: impl Into<Ratio>, rounding: Rounding) -> Result<Self, MoneyError> {
        let ratio = ratio.into();
        // 63 bits and a sign times 64 bits fit into 127 bits and a sign.
        let scaled = i128::from(self.amount) * i128::from(ratio.numerator);
        let amount = narrow(rounding.divide(scaled, i128::from(ratio.denominator.get())))?;
        Ok(Self { amount, ..self })
    }
}

/// A percentage from 0 to 100 with at most 4 decimal places: a string such as `"12.5"` wherever it is written, so
/// that it is never a binary fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percentage {
    ten_thousandths: u32,
}

impl Percentage {
    /// The most decimal places that a percentage may have.
    pub const MAX_DECIMAL_PLACES: usize = 4;
    /// Nothing.
    pub const ZERO: Self = Self { ten_thousandths: 0 };
    /// The whole.
    pub const HUNDRED: Self = Self { ten_thousandths: 100 * Self::ONE };

    /// In ten-thousandths of a percent.
    pub const fn ten_thousandths(self) -> u32 {
        self.ten_thousandths
    }

    const ONE: u32 = 10_000;
    const PATTERN: &str = r"^(0|[1-9][0-9]?|100)(\.[0-9]{1,4})?$";
    const WHOLE: NonZeroU64 = NonZeroU64::new(1_000_000).unwrap();
}

impl From<Percentage> for Ratio {
    fn from(percentage: Percentage) -> Self {
        Self::new(u64::from(percentage.ten_thousandths), Percentage::WHOLE)
    }
}

/// Why a text is not a percentage. Shown as a refusal is, code first, so that the code survives where only a text is
/// passed on, as by a deserializer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentageError {
    /// It is not a plain decimal number with at most 4 places: no sign, exponent or leading zero.
    Malformed,
    /// It is above 100.
    OutOfRange,
}

impl PercentageError {
    const fn code_and_detail(self) -> (Code, &'static str) {
        match self {
            Self::Malformed => (
                Code::InvalidField,
                "Expected a decimal number with at most 4 places as a string, such as \"12.5\".",
            ),
            Self::OutOfRange => (Code::OutOfRange, "Expected a percentage from 0 to 100."),
        }
    }
}

impl fmt::Display for PercentageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, detail) = self.code_and_detail();
        write!(f, "{code}: {detail}")
    }
}

impl std::error::Error for PercentageError {}

impl From<PercentageError> for Refusal {
    fn from(error: PercentageError) -> Self {
        let (code, detail) = error.code_and_detail();
        Self::new(code, detail)
    }
}

impl From<PercentageError> for Failure {
    fn from(error: PercentageError) -> Self {
        Refusal::from(error).into()
    }
}

impl FromStr for Percentage {
    type Err = PercentageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !digits(whole) || !digits(places) || places.len() > Self::MAX_DECIMAL_PLACES || leading_zero {
            return Err(PercentageError::Malformed);
        }
        // What is left to fail is the size of the number.
        let ten_thousandths = format!("{whole}{places:0<width$}", width = Self::MAX_DECIMAL_PLACES)
            .parse()
            .map_err(|_| PercentageError::OutOfRange)?;
        let percentage = Self { ten_thousandths };
        if percentage > Self::HUNDRED { Err(PercentageError::OutOfRange) } else { Ok(percentage) }
    }
}

impl TryFrom<String> for Percentage {
    type Error = PercentageError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Percentage> for String {
    fn from(percentage: Percentage) -> Self {
        percentage.to_string()
    }
}

/// The shortest form: `12.5`, not `12.50`; without a percent sign.
impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.ten_thousandths / Self::ONE, self.ten_thousandths % Self::ONE);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let places = format!("{part:0width$}", width = Self::MAX_DECIMAL_PLACES);
        write!(f, "{whole}.{}", places.trim_end_matches('0'))
    }
}

impl JsonSchema for Percentage {
    fn schema_name() -> Cow<'static, str> {
        "Percentage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A percentage from 0 to 100 with at most 4 decimal places.",
            "pattern": Self::PATTERN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use crate::money::tests::any_amount;
    use proptest::prelude::*;

    const ALL_ROUNDINGS: [Rounding; 3] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down];

    fn ratio(numerator: u64, denominator: u64) -> Ratio {
        Ratio::new(numerator, NonZeroU64::new(denominator).unwrap())
    }

    fn cny(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }

    fn any_ratio() -> impl Strategy<Value = Ratio> {
        let part = || prop_oneof![0..=1_000_u64, any::<u64>(), Just(u64::MAX)];
        (part(), part()).prop_map(|(numerator, denominator)| ratio(numerator, denominator.max(1)))
    }

    fn any_rounding() -> impl Strategy<Value = Rounding> {
        prop::sample::select(&ALL_ROUNDINGS[..])
    }

    fn any_percentage() -> impl Strategy<Value = Percentage> {
        (0..=Percentage::HUNDRED.ten_thousandths).prop_map(|ten_thousandths| Percentage { ten_thousandths })
    }

    #[test]
    fn halves_and_fractions_round_as_named() {
        // Half of each amount: half up, half even, down.
        for (amount, expected) in [
            (5, [3, 2, 2]),
            (7, [4, 4, 3]),
            (1, [1, 0, 0]),
            (-5, [-3, -2, -2]),
            (-7, [-4, -4, -3]),
            (-1, [-1, 0, 0]),
            (6, [3, 3, 3]),
        ] {
            let halves =
                ALL_ROUNDINGS.map(|rounding| cny(amount).portion(ratio(1, 2), rounding).unwrap().amount);
            assert_eq!(halves, expected, "half of {amount}");
        }
        let thirds = |amount| ALL_ROUNDINGS.map(|r| cny(amount).portion(ratio(1, 3), r).unwrap().amount);
        assert_eq!(thirds(8), [3, 3, 2]);
        assert_eq!(thirds(7), [2, 2, 2]);
        assert_eq!(thirds(-8), [-3, -3, -2]);
    }

    #[test]
    fn percentages_of_money_are_exact() {
        let part =
            |amount, text: &str| cny(amount).portion(text.parse::<Percentage>().unwrap(), Rounding::HalfUp);
        assert_eq!(part(1250, "12.5"), Ok(cny(156)));
        assert_eq!(part(i64::MAX, "100"), Ok(cny(i64::MAX)));
        assert_eq!(part(i64::MIN, "100"), Ok(cny(i64::MIN)));
        assert_eq!(part(i64::MAX, "0"), Ok(cny(0)));
        assert_eq!(part(1_000_000, "0.0001"), Ok(cny(1)));
    }

    #[test]
    fn names_are_those_of_the_api() {
        let names = ALL_ROUNDINGS.map(|rounding| serde_json::to_value(rounding).unwrap());
        assert_eq!(names, ["half_up", "half_even", "down"]);
        assert_eq!(serde_json::from_str::<Rounding>(r#""half_even""#).unwrap(), Rounding::HalfEven);
        assert_eq!(Rounding::default(), Rounding::HalfUp);
    }

    #[test]
    fn percentages_are_plain_decimals_up_to_a_hundred() {
        for (text, shown) in [
            ("0", "0"),
            ("12.5", "12.5"),
            ("12.50", "12.5"),
            ("0.0001", "0.0001"),
            ("100.0000", "100"),
            ("10", "10"),
        ] {
            assert_eq!(text.parse::<Percentage>().unwrap().to_string(), shown);
        }
        for text in
            ["", ".", ".5", "5.", "1.2.3", "-1", "+1", "1e1", "1.00001", "01", "00", " 1", "1%", "1,5", "٣"]
        {
            assert_eq!(text.parse::<Percentage>(), Err(PercentageError::Malformed), "{text}");
        }
        for text in ["100.0001", "101", "999999999999999999999"] {
            assert_eq!(text.parse::<Percentage>(), Err(PercentageError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn percentages_are_json_strings_and_say_what_is_wrong() {
        let read = |json| serde_json::from_str::<Percentage>(json);
        assert_eq!(read(r#""12.5""#).unwrap().to_string(), "12.5");
        assert_eq!(serde_json::to_string(&Percentage::HUNDRED).unwrap(), r#""100""#);
        assert!(read("12.5").is_err(), "a JSON number may be a binary fraction");
        for (json, code) in [(r#""x""#, Code::InvalidField), (r#""200""#, Code::OutOfRange)] {
            assert!(read(json).unwrap_err().to_string().starts_with(code.as_str()));
        }
        assert_eq!(Refusal::from(PercentageError::OutOfRange).code, Code::OutOfRange);
        assert_eq!(Failure::from(PercentageError::Malformed).code(), Some(Code::InvalidField));
        let schema = schemars::schema_for!(Percentage);
        assert_eq!(schema.get("type"), Some(&"string".into()));
        assert_eq!(schema.get("pattern"), Some(&Percentage::PATTERN.into()));
    }

    proptest! {
        #[test]
        fn a_portion_is_within_the_named_distance(a in any_amount(), r in any_ratio(), rounding in any_rounding()) {
            let (numerator, denominator) = (i128::from(r.numerator), i128::from(r.denominator.get()));
            let exact = i128::from(a) * numerator;
            match cny(a).portion(r, rounding) {
                Ok(part) => {
                    let error = (exact - i128::from(part.amount) * denominator).abs();
                    match rounding {
                        Rounding::Down => {
                            prop_assert!(error < denominator);
                            prop_assert!((i128::from(part.amount) * denominator).abs() <= exact.abs());
                        }
                        Rounding::HalfUp | Rounding::HalfEven => prop_assert!(error * 2 <= denominator),
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, MoneyError::Overflow);
                    prop_assert!(exact.abs() / denominator >= i128::from(i64::MAX));
                }
            }
        }

        #[test]
        fn a_portion_mirrors(a in any_amount(), r in any_ratio(), rounding in any_rounding()) {
            prop_assume!(a != i64::MIN);
            if let (Ok(part), Ok(mirrored)) = (cny(a).portion(r, rounding), cny(-a).portion(r, rounding)) {
                prop_assert_eq!(part.checked_neg(), Ok(mirrored));
            }
        }

        #[test]
        fn a_portion_grows_with_amount_and_percentage(
            (a, b) in (any_amount(), any_amount()).prop_map(|(a, b)| (a.min(b), a.max(b))),
            (p, q) in (any_percentage(), any_percentage()).prop_map(|(p, q)| (p.min(q), p.max(q))),
            rounding in any_rounding(),
        ) {
            let part = |amount: i64, percentage| cny(amount).portion(percentage, rounding).unwrap().amount;
            prop_assert!(part(a, p) <= part(b, p));
            prop_assert!(part(a, p).unsigned_abs() <= part(a, q).unsigned_abs());
            prop_assert!(part(a, p).unsigned_abs() <= a.unsigned_abs());
        }

        #[test]
        fn percentages_round_trip(percentage in any_percentage()) {
            prop_assert_eq!(percentage.to_string().parse(), Ok(percentage));
            let json = serde_json::to_string(&percentage).unwrap();
            prop_assert_eq!(serde_json::from_str::<Percentage>(&json).unwrap(), percentage);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in "\\PC{0,12}|[0-9]{0,4}\\.?[0-9]{0,6}") {
            if let Ok(percentage) = text.parse::<Percentage>() {
                prop_assert!(percentage <= Percentage::HUNDRED);
                prop_assert!(text.starts_with(percentage.to_string().as_str()));
            }
        }
    }
}
