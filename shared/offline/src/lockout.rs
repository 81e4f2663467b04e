//! How many wrong codes may be tried, and when again.

use crate::limits::{CODE_MISSES, DEVICE_MISSES, LOCK_MINUTES};
use scrip_clock::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const LOCK: SignedDuration = SignedDuration::from_mins(LOCK_MINUTES);

/// Misses so far, and the lock that they led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lockout {
    /// Misses that count.
    pub(crate) misses: i64,
    /// The miss from which on [`LOCK_MINUTES`] later misses count anew, in milliseconds since the epoch.
    pub(crate) missed_at: i64,
    /// Until when nothing is looked at, in milliseconds since the epoch; 0 if there never was a lock.
    pub(crate) locked_until: i64,
}

/// When misses lead to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    most: i64,
    /// Whether a miss counts until so long after the last one, or only after the first one.
    from_last: bool,
}

/// For the codes of a user, whose success forgets the misses.
pub(crate) const OF_USER: Rule = Rule { most: CODE_MISSES, from_last: true };
/// For a device, at which many pay: misses of a whole day must not add up.
pub(crate) const OF_DEVICE: Rule = Rule { most: DEVICE_MISSES, from_last: false };

impl Lockout {
    /// How many milliseconds the lock still lasts, if it does.
    pub(crate) fn left(&self, now: Timestamp) -> Option<i64> {
        let left = self.locked_until.saturating_sub(now.as_millisecond());
        (left > 0).then_some(left)
    }

    /// After one more miss. During a lock nothing is looked at, so nothing counts; what comes after it counts anew.
    pub(crate) fn missed(self, rule: Rule, now: Timestamp) -> Self {
        if self.left(now).is_some() {
            return self;
        }
        let at = now.as_millisecond();
        let counts = at.saturating_sub(self.missed_at) <= i64::try_from(LOCK.as_millis()).unwrap_or(0);
        let misses = if counts { self.misses + 1 } else { 1 };
        if misses >= rule.most {
            return Self { misses: 0, missed_at: at, locked_until: (now + LOCK).as_millisecond() };
        }
        let starts = misses == 1 || rule.from_last;
        Self { misses, missed_at: if starts { at } else { self.missed_at }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_764_000_000_000;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    fn after(misses: &[i64], rule: Rule) -> Lockout {
        misses.iter().fold(Lockout::default(), |lockout, at_| lockout.missed(rule, at(*at_)))
    }

    #[test]
    fn five_misses_lock_for_a_quarter_of_an_hour() {
        let times = [0, 1, 2, 3, 4].map(|n| START + n * 600_000);
        assert_eq!(after(&times[..4], OF_USER).left(at(times[4])), None);
        let locked = after(&times, OF_USER);
        assert_eq!(locked.left(at(times[4])), Some(900_000));
        assert_eq!(locked.left(at(times[4] + 899_999)), Some(1));
        assert_eq!(locked.left(at(times[4] + 900_000)), None);
        assert_eq!(locked.missed(OF_USER, at(times[4] + 1)), locked, "a lock is not prolonged");
        assert_eq!(locked.missed(OF_USER, at(times[4] + 900_001)).misses, 1);
    }

    #[test]
    fn a_miss_that_comes_late_counts_anew() {
        let lockout = after(&[START, START + 1, START + 2, START + 3], OF_USER);
        assert_eq!(lockout.missed(OF_USER, at(START + 3 + 900_000)).left(at(START + 900_003)), Some(900_000));
        assert_eq!(lockout.missed(OF_USER, at(START + 3 + 900_001)).misses, 1);
    }

    #[test]
    fn a_device_is_not_locked_by_the_misses_of_a_long_day() {
        let day: Vec<i64> = (0..300).map(|n| START + n * 240_000).collect();
        assert!(day.iter().enumerate().all(|(n, now)| after(&day[..n], OF_DEVICE).left(at(*now)).is_none()));
    }

    proptest! {
        #[test]
        fn of_any_misses_only_so_many_are_looked_at_within_a_lock(
            pauses in proptest::collection::vec(0_i64..400_000, 1..120),
            successes in proptest::collection::vec(any::<bool>(), 120),
            of_user: bool,
        ) {
            let rule = if of_user { OF_USER } else { OF_DEVICE };
            let (mut lockout, mut now, mut looked_at) = (Lockout::default(), START, Vec::new());
            for (pause, success) in pauses.into_iter().zip(successes) {
                now += pause;
                if lockout.left(at(now)).is_some() {
                    prop_assert_eq!(lockout.missed(rule, at(now)), lockout);
                } else if success && of_user {
                    // A right code forgets the misses, so those before it are not counted together with those after.
                    lockout.misses = 0;
                    looked_at.clear();
                } else {
                    looked_at.push(now);
                    lockout = lockout.missed(rule, at(now));
                }
                prop_assert!((0..rule.most).contains(&lockout.misses));
            }
            // A window that starts with a first miss may follow the end of another one.
            let most = usize::try_from(if of_user { rule.most } else { 2 * rule.most }).unwrap();
            for (first, next) in looked_at.iter().zip(looked_at.iter().skip(most)) {
                prop_assert!(next - first >= LOCK_MINUTES * 60_000);
            }
        }
    }
}
