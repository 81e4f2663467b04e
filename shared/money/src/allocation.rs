//! Spreading an amount so that no minor unit is lost or made.

use crate::money::narrow;
use crate::{Money, MoneyError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Who gets the minor units that are left when each element has its exact share, rounded toward zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// Hamilton's method: one each to those whose share lost the largest fraction, the earlier one first where
    /// fractions are equal. Each share is within one minor unit of the exact one.
    #[default]
    LargestRemainder,
    /// All to the first element that weighs more than zero.
    SpillFirst,
    /// All to the last element that weighs more than zero.
    SpillLast,
}

/// Spreads `total` over elements in proportion to their weights. The shares stand in the order of the weights and
/// always sum to `total`; what weighs nothing gets nothing; a negative total is spread as its opposite would be.
///
/// When nothing weighs anything, or there are no elements, a total of zero gives zeros.
///
/// # Errors
/// `NoRecipient`, when nothing weighs anything and the total is not zero.
pub fn allocate(total: Money, weights: &[u64], rule: Allocation) -> Result<Vec<Money>, MoneyError> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if sum == 0 {
        return if total.is_zero() { Ok(vec![total; weights.len()]) } else { Err(MoneyError::NoRecipient) };
    }
    let amount = i128::from(total.amount);
    // 63 bits and a sign times 64 bits fit into 127 bits and a sign. Division of integers goes toward zero.
    let scaled = |weight: &u64| amount * i128::from(*weight);
    let mut shares: Vec<i128> = weights.iter().map(|weight| scaled(weight) / sum).collect();
    let rest = amount - shares.iter().sum::<i128>();

    match rule {
        Allocation::LargestRemainder => {
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by_key(|&at| Reverse((scaled(&weights[at]) % sum).abs()));
            // Fewer units are left than elements have lost a fraction, so none goes to a weight of zero.
            let units = usize::try_from(rest.abs()).map_err(|_| MoneyError::Overflow)?;
            for &at in order.iter().take(units) {
                shares[at] += rest.signum();
            }
        }
        Allocation::SpillFirst => spill(&mut shares, rest, weights.iter().position(|&weight| weight > 0)),
        Allocation::SpillLast => spill(&mut shares, rest, weights.iter().rposition(|&weight| weight > 0)),
    }

    shares.into_iter().map(|share| Ok(Money { amount: narrow(share)?, ..total })).collect()
}

fn spill(shares: &mut [i128], rest: i128, onto: Option<usize>) {
    if let Some(share) = onto.and_then(|at| shares.get_mut(at)) {
        *share += rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use crate::money::tests::any_amount;
    use proptest::prelude::*;

    const ALL_RULES: [Allocation; 3] =
        [Allocation::LargestRemainder, Allocation::SpillFirst, Allocation::SpillLast];

    fn amounts(total: i64, weights: &[u64], rule: Allocation) -> Result<Vec<i64>, MoneyError> {
        let shares = allocate(Money::new(total, Currency::CNY), weights, rule)?;
        assert!(shares.iter().all(|share| share.currency == Currency::CNY));
        Ok(shares.into_iter().map(|share| share.amount).collect())
    }

    fn any_rule() -> impl Strategy<Value = Allocation> {
        prop::sample::select(&ALL_RULES[..])
    }

    fn any_weights() -> impl Strategy<Value = Vec<u64>> {
        let weight = prop_oneof![2 => Just(0), 6 => 1..=100_u64, 2 => any::<u64>(), 1 => Just(u64::MAX)];
        prop::collection::vec(weight, 0..=12)
    }

    /// At least one of them above zero.
    fn some_weights() -> impl Strategy<Value = Vec<u64>> {
        (any_weights(), 1..=u64::MAX, any::<prop::sample::Index>()).prop_map(|(mut weights, weight, at)| {
            weights.insert(at.index(weights.len() + 1), weight);
            weights
        })
    }

    #[test]
    fn each_rule_places_the_rest_as_named() {
        for (total, weights, largest_remainder, spill_first, spill_last) in [
            (100, &[1, 1, 1][..], [34, 33, 33], [34, 33, 33], [33, 33, 34]),
            (101, &[1, 1, 1], [34, 34, 33], [35, 33, 33], [33, 33, 35]),
            (-101, &[1, 1, 1], [-34, -34, -33], [-35, -33, -33], [-33, -33, -35]),
            // The exact shares are 0, 3⅓ and 6⅔.
            (10, &[0, 1, 2], [0, 3, 7], [0, 4, 6], [0, 3, 7]),
            (10, &[2, 1, 0], [7, 3, 0], [7, 3, 0], [6, 4, 0]),
            (0, &[1, 2, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]),
            (1, &[1, 1, 1], [1, 0, 0], [1, 0, 0], [0, 0, 1]),
        ] {
            let expected = [largest_remainder, spill_first, spill_last];
            for (rule, shares) in ALL_RULES.into_iter().zip(expected) {
                assert_eq!(
                    amounts(total, weights, rule),
                    Ok(shares.to_vec()),
                    "{total} over {weights:?}, {rule:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_can_be_spread_over_nothing_and_something_cannot() {
        for rule in ALL_RULES {
            assert_eq!(amounts(0, &[], rule), Ok(vec![]));
            assert_eq!(amounts(0, &[0, 0], rule), Ok(vec![0, 0]));
            assert_eq!(amounts(1, &[], rule), Err(MoneyError::NoRecipient));
            assert_eq!(amounts(-1, &[0, 0], rule), Err(MoneyError::NoRecipient));
        }
    }

    #[test]
    fn the_extremes_fit() {
        for rule in ALL_RULES {
            for total in [i64::MIN, i64::MAX] {
                assert_eq!(amounts(total, &[u64::MAX], rule), Ok(vec![total]));
                let shares = amounts(total, &[u64::MAX; 3], rule).unwrap();
                assert_eq!(shares.iter().copied().map(i128::from).sum::<i128>(), i128::from(total));
            }
        }
    }

    #[test]
    fn names_are_those_of_the_api() {
        let names = ALL_RULES.map(|rule| serde_json::to_value(rule).unwrap());
        assert_eq!(names, ["largest_remainder", "spill_first", "spill_last"]);
        assert_eq!(serde_json::from_str::<Allocation>(r#""spill_last""#).unwrap(), Allocation::SpillLast);
        assert_eq!(Allocation::default(), Allocation::LargestRemainder);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total(total in any_amount(), weights in any_weights(), rule in any_rule()) {
            match amounts(total, &weights, rule) {
                Ok(shares) => {
                    prop_assert_eq!(shares.len(), weights.len());
                    prop_assert_eq!(shares.iter().copied().map(i128::from).sum::<i128>(), i128::from(total));
                    for (share, weight) in shares.iter().zip(&weights) {
                        prop_assert!(*weight > 0 || *share == 0);
                        prop_assert!(*share == 0 || share.signum() == total.signum());
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, MoneyError::NoRecipient);
                    prop_assert!(total != 0 && weights.iter().all(|weight| *weight == 0));
                }
            }
        }

        #[test]
        fn largest_remainder_keeps_within_one_unit_and_in_the_order_of_weights(
            total in any_amount(), weights in some_weights(),
        ) {
            let shares = amounts(total, &weights, Allocation::LargestRemainder).unwrap();
            let sum: i128 = weights.iter().copied().map(i128::from).sum();
            for (share, weight) in shares.iter().zip(&weights) {
                // Compares with the neighbours of the exact share, since share times sum may not fit.
                let toward_zero = i128::from(total) * i128::from(*weight) / sum;
                let lost = i128::from(total) * i128::from(*weight) % sum;
                let away = toward_zero + lost.signum();
                prop_assert!(i128::from(*share) == toward_zero || i128::from(*share) == away);
            }
            for (share, weight) in shares.iter().zip(&weights) {
                for (other_share, other_weight) in shares.iter().zip(&weights) {
                    prop_assert!(weight <= other_weight || share.unsigned_abs() >= other_share.unsigned_abs());
                }
            }
        }

        #[test]
        fn a_spill_touches_one_element(total in any_amount(), weights in some_weights()) {
            let sum: i128 = weights.iter().copied().map(i128::from).sum();
            let exact: Vec<i128> =
                weights.iter().map(|weight| i128::from(total) * i128::from(*weight) / sum).collect();
            let first = weights.iter().position(|weight| *weight > 0);
            let last = weights.iter().rposition(|weight| *weight > 0);
            for (rule, onto) in [(Allocation::SpillFirst, first), (Allocation::SpillLast, last)] {
                for (at, share) in amounts(total, &weights, rule).unwrap().into_iter().enumerate() {
                    prop_assert!(i128::from(share) == exact[at] || Some(at) == onto);
                }
            }
        }

        #[test]
        fn a_negative_total_mirrors(total in 0..=i64::MAX, weights in any_weights(), rule in any_rule()) {
            let mirrored = amounts(-total, &weights, rule).map(|shares| shares.iter().map(|s| -s).collect());
            prop_assert_eq!(amounts(total, &weights, rule), mirrored);
        }
    }
}
