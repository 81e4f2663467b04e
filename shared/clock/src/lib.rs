//! The one source of time for functions and workflows.
//!
//! On AWS it is the system's clock. On the embedded platform it can be advanced, so that what is due in two hours happens
//! now; and in tests it stands, so that no time passes but what a test lets pass.

mod period;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

pub use jiff::{SignedDuration, Timestamp};
pub use period::{Period, PeriodError};
pub use schema::{DateTime, PeriodWithin};

/// A clock that all clones share. Its resolution is one millisecond.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Where it stands when it was not advanced, in milliseconds since the epoch; `None` if it runs with the system's.
    stands_at_milliseconds: Option<i64>,
    ahead_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that tells the system's time until it is advanced, and goes on from there.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that runs and is already ahead of the system's, as one that was advanced before a restart.
    pub fn ahead_by(offset: SignedDuration) -> Self {
        Self { stands_at_milliseconds: None, ahead_milliseconds: Self::ahead(offset) }
    }

    /// A clock that stands at the system's time until it is advanced, and then stands there.
    pub fn standing() -> Self {
        Self::standing_at(Self::system().now(), SignedDuration::ZERO)
    }

    /// A clock that stands so far after `start`.
    pub fn standing_at(start: Timestamp, offset: SignedDuration) -> Self {
        Self { stands_at_milliseconds: Some(start.as_millisecond()), ahead_milliseconds: Self::ahead(offset) }
    }

    fn ahead(offset: SignedDuration) -> Arc<AtomicI64> {
        Arc::new(AtomicI64::new(saturated_milliseconds(offset)))
    }

    /// The time now, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        let start = self.stands_at_milliseconds.unwrap_or_else(|| Timestamp::now().as_millisecond());
        let now = start.saturating_add(self.ahead_milliseconds.load(Ordering::SeqCst));
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX)
    }

    /// How far it was advanced: beyond the system's time, or beyond where it stood.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst))
    }

    /// How long it takes until `moment` if nobody advances the clock; `None` if it stands before that moment. Whoever waits
    /// for it then has to be woken by who advances the clock.
    pub fn until(&self, moment: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(moment.duration_since(self.now())).unwrap_or(Duration::ZERO);
        (left.is_zero() || self.stands_at_milliseconds.is_none()).then_some(left)
    }

    /// Moves the clock, for every clone of it.
    pub fn advance(&self, by: SignedDuration) {
        self.ahead_milliseconds.fetch_add(saturated_milliseconds(by), Ordering::SeqCst);
    }

    /// Moves the clock to `to` unless it is past it already: time never goes back.
    pub fn advance_to(&self, to: Timestamp) {
        let missing = to.as_millisecond().saturating_sub(self.now().as_millisecond());
        if missing > 0 {
            self.ahead_milliseconds.fetch_add(missing, Ordering::SeqCst);
        }
    }
}

fn saturated_milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(if duration.is_negative() { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_advance_together() {
        let clock = Clock::system();
        let clone = clock.clone();
        let before = clone.now();

        clock.advance(SignedDuration::from_hours(2));

        assert!(clone.now() >= before + SignedDuration::from_hours(2));
        assert_eq!(clone.offset(), SignedDuration::from_hours(2));
    }

    #[test]
    fn it_never_goes_back() {
        let clock = Clock::ahead_by(SignedDuration::from_hours(1));
        let before = clock.now();

        clock.advance_to(before - SignedDuration::from_mins(30));

        assert!(clock.now() >= before);
        assert_eq!(clock.offset(), SignedDuration::from_hours(1));
    }

    #[test]
    fn times_have_whole_milliseconds() {
        assert_eq!(Clock::system().now().as_nanosecond() % 1_000_000, 0);
    }

    #[test]
    fn a_standing_clock_moves_only_when_it_is_advanced() {
        let noon: Timestamp = "2027-01-15T12:00:00Z".parse().unwrap();
        let clock = Clock::standing_at(noon, SignedDuration::ZERO);
        let clone = clock.clone();
        assert_eq!(clock.now(), noon);

        clock.advance(SignedDuration::from_hours(2));
        clock.advance_to(noon);

        assert_eq!(clone.now(), noon + SignedDuration::from_hours(2));
        assert_eq!(Clock::standing_at(noon, clock.offset()).now(), clone.now());
    }

    #[test]
    fn what_a_standing_clock_has_not_reached_does_not_come_by_itself() {
        let (standing, running) = (Clock::standing(), Clock::system());
        let later = standing.now() + SignedDuration::from_hours(2);

        assert_eq!(standing.until(later), None);
        assert_eq!(standing.until(standing.now()), Some(Duration::ZERO));
        assert!(running.until(later).is_some_and(|left| left <= Duration::from_hours(2)));
        assert_eq!(running.until(Timestamp::UNIX_EPOCH), Some(Duration::ZERO));
    }
}
