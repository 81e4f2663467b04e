//! How many wrong codes are looked at, and when the next one: leaky buckets. Each miss fills a bucket, time drains it, and
//! while it is full no code is looked at.

use scrip_clock::Timestamp;
use serde::{Deserialize, Serialize};

/// What a bucket holds: the moment at which it will have drained, in milliseconds since the epoch. Of a time that is over
/// it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Bucket(pub(crate) i64);

/// How many misses a bucket takes, and in how many minutes one of them drains. So of misses that come as fast as they can,
/// at most `misses` and one more for each `minutes` are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) misses: i64,
    pub(crate) minutes: i64,
}

impl Rule {
    /// Milliseconds in which so many misses drain.
    const fn drained_in(self, misses: i64) -> i64 {
        misses.saturating_mul(self.minutes).saturating_mul(60_000)
    }
}

impl Bucket {
    /// Whether all has drained.
    pub(crate) fn is_empty(self, now: Timestamp) -> bool {
        self.0 <= now.as_millisecond()
    }

    /// How many milliseconds it lasts until one more miss fits in, if it does not now.
    pub(crate) fn left(self, rule: Rule, now: Timestamp) -> Option<i64> {
        let left = self.left_for(1, rule, now);
        (left > 0).then_some(left)
    }

    /// How many milliseconds it lasts until so many misses fit in: zero if they do.
    pub(crate) fn left_for(self, misses: i64, rule: Rule, now: Timestamp) -> i64 {
        let drains_in = self.0.saturating_sub(now.as_millisecond());
        drains_in.saturating_sub(rule.drained_in(rule.misses.saturating_sub(misses))).max(0)
    }

    /// After one more miss. While it is full nothing is looked at, so nothing is added.
    pub(crate) fn missed(self, rule: Rule, now: Timestamp) -> Self {
        if self.left(rule, now).is_some() {
            return self;
        }
        Self(self.0.max(now.as_millisecond()).saturating_add(rule.drained_in(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_764_000_000_000;
    const MINUTE: i64 = 60_000;
    const RULE: Rule = Rule { misses: 5, minutes: 15 };

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    fn full() -> Bucket {
        (0..5).fold(Bucket::default(), |bucket, _| bucket.missed(RULE, at(START)))
    }

    #[test]
    fn five_misses_at_once_lock_for_a_quarter_of_an_hour() {
        let four = (0..4).fold(Bucket::default(), |bucket, _| bucket.missed(RULE, at(START)));
        assert_eq!(four.left(RULE, at(START)), None);
        assert_eq!(full().left(RULE, at(START)), Some(15 * MINUTE));
        assert_eq!(full().left(RULE, at(START + 15 * MINUTE - 1)), Some(1));
        assert_eq!(full().left(RULE, at(START + 15 * MINUTE)), None);
        assert_eq!(full().missed(RULE, at(START + 1)), full(), "what is not looked at adds nothing");
        let sixth = full().missed(RULE, at(START + 15 * MINUTE));
        assert_eq!(sixth.left(RULE, at(START + 15 * MINUTE)), Some(15 * MINUTE));
    }

    #[test]
    fn it_says_when_several_fit_in_again() {
        let minutes = |misses| full().left_for(misses, RULE, at(START)) / MINUTE;
        assert_eq!([1, 2, 5].map(minutes), [15, 30, 75]);
        assert!(!full().is_empty(at(START + 75 * MINUTE - 1)) && full().is_empty(at(START + 75 * MINUTE)));
    }

    #[test]
    fn what_drains_before_the_next_miss_never_locks() {
        let mut bucket = Bucket::default();
        for miss in 0..300 {
            let now = at(START + miss * 15 * MINUTE);
            assert_eq!(bucket.left(RULE, now), None);
            bucket = bucket.missed(RULE, now);
        }
    }

    proptest! {
        #[test]
        fn in_no_time_more_is_looked_at_than_the_bucket_and_what_drains_of_it(
            misses in 1_i64..40,
            minutes in 1_i64..90,
            pauses in proptest::collection::vec(prop_oneof![0_i64..1_000, 0_i64..7_200_000], 1..200),
        ) {
            let rule = Rule { misses, minutes };
            let (mut bucket, mut now, mut looked_at) = (Bucket::default(), START, Vec::new());
            for pause in pauses {
                now += pause;
                if bucket.left(rule, at(now)).is_none() {
                    looked_at.push(now);
                }
                let after = bucket.missed(rule, at(now));
                prop_assert_eq!(after == bucket, bucket.left(rule, at(now)).is_some());
                bucket = after;
            }
            for (place, first) in looked_at.iter().enumerate() {
                for (more, last) in looked_at[place..].iter().enumerate() {
                    let allowed = misses + (last - first) / (minutes * MINUTE);
                    prop_assert!(i64::try_from(more + 1).unwrap() <= allowed);
                }
            }
        }

        #[test]
        fn who_waits_as_long_as_is_said_is_looked_at(
            misses in 1_i64..40,
            minutes in 1_i64..90,
            pauses in proptest::collection::vec(0_i64..600_000, 0..60),
        ) {
            let rule = Rule { misses, minutes };
            let (mut bucket, mut now) = (Bucket::default(), START);
            for pause in pauses {
                now += pause;
                bucket = bucket.missed(rule, at(now));
            }
            let left = bucket.left(rule, at(now)).unwrap_or_default();
            prop_assert!((0..=minutes * MINUTE).contains(&left), "{}", left);
            prop_assert_eq!(bucket.left(rule, at(now + left)), None);
            prop_assert!(bucket.is_empty(at(now + bucket.left_for(misses, rule, at(now)))));
        }
    }
}
