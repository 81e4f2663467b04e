//! The one source of time for functions and workflows.
//!
//! On AWS it is the system's clock. On the embedded platform it can be advanced, so that what is due in two
//! hours happens now.

mod period;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::{SignedDuration, Timestamp};
pub use period::{Period, PeriodError};
pub use schema::DateTime;

/// A clock that all clones share. Its resolution is one millisecond.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that tells the system's time until it is advanced.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that is already ahead of the system's time, as one that was advanced before a restart.
    pub fn ahead_by(offset: SignedDuration) -> Self {
        Self { ahead_milliseconds: Arc::new(AtomicI64::new(saturated_milliseconds(offset))) }
    }

    /// The time now, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        let now =
            Timestamp::now().as_millisecond().saturating_add(self.ahead_milliseconds.load(Ordering::SeqCst));
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX)
    }

    /// How far the clock is ahead of the system's.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst))
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
}
