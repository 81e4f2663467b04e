//! Figures without fractions: medians, percentiles, rates.

use std::time::Duration;

const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// The value that `per_cent` of all are not above; of nothing, the default.
pub(crate) fn percentile<T: Copy + Ord + Default>(values: &[T], per_cent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * per_cent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The value in the middle.
pub(crate) fn median<T: Copy + Ord + Default>(values: &[T]) -> T {
    percentile(values, 50)
}

/// How many that is in a second.
pub(crate) fn per_second(count: usize, took: Duration) -> u64 {
    let per_second = count as u128 * NANOSECONDS_PER_SECOND / took.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// What each step costs, by what two counts of steps cost in all.
pub(crate) fn per_step((few, less): (usize, u64), (many, more): (usize, u64)) -> u64 {
    more.saturating_sub(less) / (many.saturating_sub(few) as u64).max(1)
}

/// A part of a whole, in hundredths.
pub(crate) fn hundredths(part: u64, whole: u64) -> u64 {
    part * 100 / whole.max(1)
}

/// Hundredths as people write them.
pub(crate) fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A whole number in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in milliseconds with one digit behind the point.
pub(crate) fn milliseconds(time: Duration) -> String {
    let microseconds = time.as_micros();
    format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100)
}

/// A time in whole microseconds.
pub(crate) fn microseconds(time: Duration) -> String {
    format!("{} µs", grouped(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
}

/// All rates, so that one sees what gets slower as the store fills.
pub(crate) fn by_round(what: &str, rates: &[u64]) -> String {
    let rates: Vec<String> = rates.iter().map(|rate| grouped(*rate)).collect();
    format!("{what}, by round: {}/s.", rates.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(median(&values), 100);
        assert_eq!(percentile(&values, 99), 198);
        assert_eq!(percentile(&values, 100), 200);
        assert_eq!(percentile(&[7], 1), 7);
        assert_eq!(median::<u64>(&[]), 0);
    }

    #[test]
    fn what_does_not_repeat_is_in_no_step() {
        let cost = |steps: u64| 9_000_000 + steps * 250_000;
        assert_eq!(per_step((20, cost(20)), (120, cost(120))), 250_000);
        assert_eq!(per_step((20, cost(20)), (20, cost(20))), 0);
        assert_eq!(per_step((1, 7), (2, 6)), 0);
    }

    #[test]
    fn figures_are_told_in_the_way_of_people() {
        assert_eq!(per_second(1_500, Duration::from_millis(500)), 3_000);
        assert_eq!(decimal(hundredths(705, 1_000)), "0.70");
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1_000, 1_234_567].map(grouped).each_ref().map(|t| &**t)
        );
        assert_eq!(milliseconds(Duration::from_micros(12_345)), "12.3 ms");
        assert_eq!(microseconds(Duration::from_nanos(1_234_567)), "1,234 µs");
    }
}
