//! When a stored transaction is decided: at once, later, or never, by when it occurred and when it first arrived. What has
//! to wait for a lock is not late because of it.

use crate::limits::{AHEAD_SECONDS, DEFERRED_KEPT_DAYS, LATE_HOURS, WAITED_FOR_HOURS};
use crate::offline::Offline;
use crate::transaction::partition;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Fingerprint, Key, Transaction, encode};
use serde::{Deserialize, Serialize};

/// That a stored transaction has arrived and had to wait. It is no lock on its order reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeferredRecord {
    /// When it first arrived, in milliseconds since the epoch.
    pub(crate) arrived: i64,
    /// What arrived: another code or amount under the same order reference arrives anew.
    pub(crate) request_hash: String,
    pub(crate) ttl: i64,
}

/// Whether the time has come to decide on a stored transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// It occurred when it may have.
    Now,
    /// It occurred too long before it arrived.
    TooLate,
    /// It occurs in so many milliseconds, by a clock that is ahead.
    Later(i64),
    /// It occurs so much later that no clock is wrong by that.
    TooEarly,
}

impl DeferredRecord {
    pub(crate) const SORT_KEY: &str = "DEFERRED";

    pub(crate) fn key(id: &str) -> Key {
        Key::new(partition(id), Self::SORT_KEY)
    }

    /// When what arrives now first arrived, if it has waited since.
    pub(crate) fn first_arrival(
        this: Option<&Self>,
        fingerprint: &Fingerprint,
        arrived: Timestamp,
    ) -> Timestamp {
        let same = this.filter(|deferred| fingerprint.is(&deferred.request_hash));
        let before = same.and_then(|deferred| Timestamp::from_millisecond(deferred.arrived).ok());
        before.map_or(arrived, |before| before.min(arrived))
    }
}

impl Timing {
    /// For a transaction that occurred then, first arrived then, and is looked at now.
    pub(crate) fn of(occurred_at: Timestamp, first_arrival: Timestamp, now: Timestamp) -> Self {
        if first_arrival.duration_since(occurred_at) > SignedDuration::from_hours(LATE_HOURS) {
            return Self::TooLate;
        }
        let ahead = occurred_at.duration_since(now);
        if ahead > SignedDuration::from_hours(WAITED_FOR_HOURS) {
            return Self::TooEarly;
        }
        let wait = ahead - SignedDuration::from_secs(AHEAD_SECONDS);
        if wait > SignedDuration::ZERO {
            return Self::Later(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        }
        Self::Now
    }
}

/// How many seconds after a refusal the same stored transaction may be sent again. `None` for refusals that are final.
pub(crate) fn sent_again_after(refusal: &Refusal) -> Option<u64> {
    match refusal.code {
        Code::TooManyRequests | Code::PinLocked | Code::TooEarly => {
            refusal.facts.get("retry_after_seconds").and_then(serde_json::Value::as_u64)
        }
        _ => None,
    }
}

/// The refusal of what is not decided yet because it has not occurred.
pub(crate) fn not_yet(milliseconds: i64) -> Refusal {
    let detail = "It has not occurred yet, by the clock of the wallet. Send it again when it has.";
    Refusal::new(Code::TooEarly, detail)
        .with("retry_after_seconds", milliseconds.unsigned_abs().div_ceil(1_000))
}

impl Offline {
    /// Notes that a stored transaction arrived and has to wait. What was noted first stays.
    pub(crate) async fn defer(
        &self,
        id: &str,
        fingerprint: &Fingerprint,
        arrived: Timestamp,
    ) -> Result<(), Failure> {
        let kept = SignedDuration::from_hours(24 * DEFERRED_KEPT_DAYS);
        let record = DeferredRecord {
            arrived: arrived.as_millisecond(),
            request_hash: fingerprint.as_str().to_owned(),
            ttl: (self.now() + kept).as_second(),
        };
        let mut transaction = Transaction::new();
        transaction.create(&self.table, encode(&DeferredRecord::key(id), &record)?);
        self.store.commit(transaction).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;
    const START: i64 = 1_764_000_000_000;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    fn timing(occurred_ago: i64) -> Timing {
        Timing::of(at(START - occurred_ago), at(START), at(START))
    }

    #[test]
    fn a_stored_transaction_may_be_a_day_old_and_a_minute_ahead() {
        for (ago, expected) in [
            (24 * HOUR + 1, Timing::TooLate),
            (24 * HOUR, Timing::Now),
            (0, Timing::Now),
            (-60_000, Timing::Now),
            (-60_001, Timing::Later(1)),
            (-24 * HOUR, Timing::Later(24 * HOUR - 60_000)),
            (-24 * HOUR - 1, Timing::TooEarly),
        ] {
            assert_eq!(timing(ago), expected, "{ago}");
        }
        assert_eq!(Timing::of(Timestamp::MIN, at(START), at(START)), Timing::TooLate);
        assert_eq!(Timing::of(Timestamp::MAX, at(START), at(START)), Timing::TooEarly);
    }

    #[test]
    fn only_what_can_pass_is_to_be_sent_again() {
        for code in Code::ALL {
            let refusal = Refusal::new(*code, "").with("retry_after_seconds", 7);
            let waits = matches!(code, Code::TooManyRequests | Code::PinLocked | Code::TooEarly);
            assert_eq!(sent_again_after(&refusal), waits.then_some(7), "{code}");
        }
        assert_eq!(sent_again_after(&not_yet(1)), Some(1));
    }

    #[test]
    fn another_request_for_the_same_order_arrives_anew() {
        let stored = Fingerprint::keyed(&["old"], &[b"one"]);
        let record = DeferredRecord { arrived: START, request_hash: stored.as_str().to_owned(), ttl: 0 };
        let arrival = |keys: &[&str], request: &[u8]| {
            let fingerprint = Fingerprint::keyed(keys, &[request]);
            DeferredRecord::first_arrival(Some(&record), &fingerprint, at(START + HOUR))
        };
        assert_eq!((arrival(&["old"], b"one"), arrival(&["old"], b"other")), (at(START), at(START + HOUR)));
        assert_eq!(arrival(&["new", "old"], b"one"), at(START), "it is the same after the keys changed");
        assert_eq!(arrival(&["new"], b"one"), at(START + HOUR));
        assert_eq!(DeferredRecord::first_arrival(None, &stored, at(START)), at(START));
    }

    proptest! {
        #[test]
        fn what_came_in_time_is_never_late_for_having_waited(
            late in 0..=24 * HOUR,
            waits in proptest::collection::vec(0_i64..48 * HOUR, 1..20),
        ) {
            let first = at(START + late);
            let (mut now, mut known): (i64, Option<DeferredRecord>) = (START + late, None);
            let request = Fingerprint::of(&[b"one"]);
            for wait in waits {
                let arrival = DeferredRecord::first_arrival(known.as_ref(), &request, at(now));
                prop_assert_eq!(arrival, first);
                prop_assert_eq!(Timing::of(at(START), arrival, at(now)), Timing::Now);
                // What was noted first stays, as in the store.
                let request_hash = request.as_str().to_owned();
                known.get_or_insert(DeferredRecord { arrived: now, request_hash, ttl: 0 });
                now += wait;
            }
        }

        #[test]
        fn who_waits_as_long_as_is_said_is_decided_on(ahead in 0..=24 * HOUR) {
            let occurred_at = at(START + ahead);
            if let Timing::Later(wait) = Timing::of(occurred_at, at(START), at(START)) {
                let then = at(START + wait);
                prop_assert_eq!(Timing::of(occurred_at, at(START), then), Timing::Now);
            }
        }
    }
}
