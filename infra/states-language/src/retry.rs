//! `Retry`: how often and how long after an error a state is tried again.

use crate::limits::{PERIOD_MAX_SECONDS, RETRY_MAX_DELAY_SECONDS};
use crate::machine::Fields;
use crate::machine::error_equals;
use rand::Rng;
use serde_json::Value;

const MILLIONTHS: u128 = 1_000_000;

#[derive(Debug)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    interval_seconds: u64,
    pub(crate) max_attempts: u64,
    backoff_rate_millionths: u64,
    max_delay_seconds: Option<u64>,
    full_jitter: bool,
}

impl Retrier {
    pub(crate) fn parse(value: Value, last: bool) -> Result<Self, String> {
        let mut fields = Fields::of(value, "a Retry element")?;
        fields.string("Comment")?;
        let retrier = Self {
            error_equals: error_equals(&mut fields, last)?,
            interval_seconds: fields.integer("IntervalSeconds", 1..=PERIOD_MAX_SECONDS)?.unwrap_or(1),
            max_attempts: fields.integer("MaxAttempts", 0..=PERIOD_MAX_SECONDS)?.unwrap_or(3),
            backoff_rate_millionths: fields
                .take("BackoffRate")
                .map_or(Ok(2_000_000), |rate| backoff_rate(&rate))?,
            max_delay_seconds: fields.integer("MaxDelaySeconds", 1..=RETRY_MAX_DELAY_SECONDS)?,
            full_jitter: match fields.string("JitterStrategy")?.as_deref() {
                None | Some("NONE") => false,
                Some("FULL") => true,
                Some(_) => return Err("JitterStrategy is neither FULL nor NONE".into()),
            },
        };
        fields.finish()?;
        if retrier.max_delay_seconds.is_some_and(|most| most <= retrier.interval_seconds) {
            return Err("MaxDelaySeconds is not greater than IntervalSeconds".into());
        }
        Ok(retrier)
    }

    /// How long to wait before the attempt after `attempts` retries, in milliseconds.
    pub(crate) fn delay_milliseconds(&self, attempts: u32) -> u64 {
        let longest = self.longest_delay_milliseconds(attempts);
        if self.full_jitter { rand::rng().random_range(0..=longest) } else { longest }
    }

    fn longest_delay_milliseconds(&self, attempts: u32) -> u64 {
        let most = u128::from(self.max_delay_seconds.unwrap_or(PERIOD_MAX_SECONDS)) * 1_000;
        let mut delay = u128::from(self.interval_seconds) * 1_000;
        for _ in 0..attempts {
            let longer = delay * u128::from(self.backoff_rate_millionths) / MILLIONTHS;
            if longer == delay || longer >= most {
                delay = longer;
                break;
            }
            delay = longer;
        }
        u64::try_from(delay.min(most)).unwrap_or(u64::MAX)
    }
}

/// Reads the rate from its decimal digits: delays are whole milliseconds, and binary fractions would not add up.
fn backoff_rate(value: &Value) -> Result<u64, String> {
    let reason = || "BackoffRate is not a number of at least 1 with at most 6 decimals".to_string();
    let Value::Number(number) = value else { return Err(reason()) };
    let text = number.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    if decimals.len() > 6 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(reason());
    }
    let millionths = format!("{whole}{decimals:0<6}").parse::<u64>().map_err(|_| reason())?;
    if millionths >= 1_000_000 { Ok(millionths) } else { Err(reason()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn retrier(mut value: Value) -> Result<Retrier, String> {
        value["ErrorEquals"] = json!(["States.ALL"]);
        Retrier::parse(value, true)
    }

    fn delays(value: Value, count: u32) -> Vec<u64> {
        let retrier = retrier(value).unwrap();
        (0..count).map(|attempts| retrier.delay_milliseconds(attempts)).collect()
    }

    #[test]
    fn delays_grow_by_the_rate_up_to_the_most() {
        assert_eq!(delays(json!({}), 4), [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(
            delays(json!({"IntervalSeconds": 3, "BackoffRate": 1.5}), 4),
            [3_000, 4_500, 6_750, 10_125]
        );
        assert_eq!(delays(json!({"IntervalSeconds": 5, "BackoffRate": 1}), 3), [5_000; 3]);
        assert_eq!(
            delays(json!({"IntervalSeconds": 2, "MaxDelaySeconds": 5}), 4),
            [2_000, 4_000, 5_000, 5_000]
        );
        assert_eq!(retrier(json!({})).unwrap().max_attempts, 3);
        assert_eq!(retrier(json!({"MaxAttempts": 0})).unwrap().max_attempts, 0);
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for value in [
            json!({"IntervalSeconds": 0}),
            json!({"IntervalSeconds": 1.5}),
            json!({"MaxAttempts": -1}),
            json!({"BackoffRate": 0.5}),
            json!({"BackoffRate": "2"}),
            json!({"BackoffRate": 1.000_000_1}),
            json!({"MaxDelaySeconds": 1}),
            json!({"IntervalSeconds": 10, "MaxDelaySeconds": 10}),
            json!({"JitterStrategy": "SOME"}),
            json!({"Delay": 1}),
        ] {
            assert!(retrier(value.clone()).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn jitter_stays_within_the_delay(
            interval in 1_u64..1_000, rate in 1_000_000_u64..4_000_000, most in proptest::option::of(1_001_u64..100_000),
            attempts in 0_u32..200,
        ) {
            let retrier = |full_jitter| Retrier {
                error_equals: vec![], interval_seconds: interval, max_attempts: 9, backoff_rate_millionths: rate,
                max_delay_seconds: most, full_jitter,
            };
            let longest = retrier(false).delay_milliseconds(attempts);
            prop_assert!(longest >= interval * 1_000);
            prop_assert!(longest <= most.unwrap_or(PERIOD_MAX_SECONDS) * 1_000);
            prop_assert!(longest <= retrier(false).delay_milliseconds(attempts + 1));
            prop_assert!(retrier(true).delay_milliseconds(attempts) <= longest);
        }
    }
}
