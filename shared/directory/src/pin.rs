//! A user's PIN, and how often a wrong one may be tried.
//!
//! A verdict is told only once a write has held that was conditional on the record it was reached from. Of guesses
//! that are made at the same moment one is judged, and the others learn nothing.

use crate::Directory;
use crate::hashing::hashing;
use scrip_capability::not_held;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_fields::user_in_key;
use scrip_identity::{Keyring, Pin, PinHashError};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Key, Write};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Instant;

/// Wrong PINs in a row after which none is judged for [`PIN_LOCK_MINUTES`].
pub const PIN_ATTEMPTS: i64 = 5;
/// How long no PIN is judged after [`PIN_ATTEMPTS`] wrong ones.
pub const PIN_LOCK_MINUTES: i64 = 15;
pub(crate) const FIRST_VERSION: i64 = 1;
/// Wrong PINs of which the request is remembered: as many as there are until a pause.
const REFUSALS_REMEMBERED: usize = 5;
const PIN_WITHDRAWN: &str = "The keys of this PIN were withdrawn. Set a PIN with PUT /v1/me/pin.";

/// The stored PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRecord {
    /// Whose it is.
    pub user: String,
    /// The argon2id hash, as a PHC string.
    pub hash: String,
    /// The hash of the PIN before, to know a repeated change by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<String>,
    /// Wrong PINs since the last right one or lock.
    pub failures: i64,
    /// Until when no PIN is judged, in milliseconds since the epoch; 0 if there never was a lock.
    pub locked_until: i64,
    /// Counts changes of the PIN and wrong attempts.
    pub version: i64,
    /// The last requests that were told that the PIN is wrong: repeated, each is told the same, and not counted again.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<RefusedPin>,
    /// The hash under the current keys of a PIN that was found right under older ones. It is written with the success.
    #[serde(skip)]
    renewed: OnceLock<String>,
}

/// A request with a wrong PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedPin {
    /// Derived from who asked for what with which key and PIN.
    pub request: String,
    /// What it was told.
    pub attempts_left: i64,
}

/// What a PIN is found to be. It may be told only if the write that goes with it has held:
/// [`Directory::pin_succeeded_write`] or [`Directory::pin_failed_write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinVerdict {
    /// It is the user's.
    Right,
    /// It is not.
    Wrong {
        /// How many more may be tried until there is a pause.
        attempts_left: i64,
    },
}

/// The key of a user's PIN.
pub fn pin_key(user: &str) -> Key {
    Key::new(format!("USER#{}", user_in_key(user)), "PIN")
}

/// What is said when the write that goes with a verdict did not hold: the verdict is not told.
pub fn pin_contended() -> Failure {
    Failure::Changed("A PIN of this user was tried or changed at the same moment. Send the request again.")
}

impl PinRecord {
    pub(crate) fn first(user: &str, hash: String) -> Self {
        let user = user.to_owned();
        Self {
            user,
            hash,
            previous: None,
            failures: 0,
            locked_until: 0,
            version: FIRST_VERSION,
            refused: Vec::new(),
            renewed: OnceLock::new(),
        }
    }

    /// The record after the PIN was changed.
    pub(crate) fn changed(&self, hash: String) -> Self {
        let (user, previous) = (self.user.clone(), Some(self.hash.clone()));
        Self { previous, version: self.version + 1, ..Self::first(&user, hash) }
    }

    /// How many attempts were left when this very request was told that the PIN is wrong, if it was: by any of its ids.
    pub fn told(&self, requests: &[String]) -> Option<i64> {
        let refused = self.refused.iter().find(|refused| requests.contains(&refused.request));
        refused.map(|refused| refused.attempts_left)
    }

    async fn judge(
        &self,
        pin: &Pin,
        keyring: &Keyring,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<PinVerdict, Failure> {
        self.require_unlocked(now)?;
        let right = verify(pin, &self.user, keyring, &self.hash, deadline).await?;
        let right = right.ok_or_else(|| Refusal::new(Code::PinNotSet, PIN_WITHDRAWN))?;
        if !right {
            return Ok(PinVerdict::Wrong { attempts_left: PIN_ATTEMPTS - 1 - self.failures });
        }
        if Pin::generation(&self.hash).map_err(Failure::broken)? < keyring.current() {
            match hash(pin, &self.user, keyring, deadline).await {
                Ok(hash) => {
                    self.renewed.get_or_init(|| hash);
                }
                // It can be hashed anew at another use: nobody has to wait for it.
                Err(Failure::Busy(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(PinVerdict::Right)
    }

    fn require_unlocked(&self, now: Timestamp) -> Result<(), Refusal> {
        let left = self.locked_until.saturating_sub(now.as_millisecond());
        if left <= 0 {
            return Ok(());
        }
        let detail = "Too many wrong PINs were tried. Wait until Retry-After is over.";
        Err(Refusal::new(Code::PinLocked, detail)
            .with("retry_after_seconds", left.unsigned_abs().div_ceil(1_000)))
    }

    /// The record after one more wrong PIN. The last one allowed locks, and what comes after the lock counts anew.
    fn failed(&self, now: Timestamp) -> Self {
        let (failures, version) = (self.failures + 1, self.version + 1);
        if failures < PIN_ATTEMPTS {
            return Self { failures, version, ..self.clone() };
        }
        let locked_until = (now + SignedDuration::from_mins(PIN_LOCK_MINUTES)).as_millisecond();
        Self { failures: 0, locked_until, version, ..self.clone() }
    }
}

impl Directory {
    /// A user's PIN, if one is set.
    pub async fn pin(&self, user: &str) -> Result<Option<PinRecord>, Failure> {
        self.read(&pin_key(user)).await
    }

    /// Judges a PIN. Takes tens of milliseconds, on a thread for such work. A right one that was hashed under older keys is
    /// hashed anew, which takes as long again.
    ///
    /// # Errors
    /// `pin-locked` after too many wrong ones, whatever this one is; `pin-not-set` if it was hashed under keys that were
    /// withdrawn; busy if it would have to wait too long, which
    /// counts nothing.
    pub async fn judge_pin(
        &self,
        record: &PinRecord,
        pin: &Pin,
        keyring: &Keyring,
    ) -> Result<PinVerdict, Failure> {
        record.judge(pin, keyring, self.clock.now(), self.store.deadline()).await
    }

    /// The write that counts a wrong PIN, unless another attempt came between.
    pub fn pin_failed_write(&self, record: &PinRecord) -> Write {
        let failed = record.failed(self.clock.now());
        let expression = "SET failures = :failures, locked_until = :until, #version = :next";
        self.pin_write(record, expression)
            .value(":failures", failed.failures)
            .value(":until", failed.locked_until)
            .value(":next", failed.version)
    }

    /// The same for a request that may come again: it is remembered, by the first of its ids, with what it is told.
    pub fn pin_refused_write(
        &self,
        record: &PinRecord,
        requests: &[String],
        attempts_left: i64,
    ) -> Result<Write, Failure> {
        let request = requests.first().cloned().unwrap_or_default();
        let refused = RefusedPin { request, attempts_left };
        let forgotten = (record.refused.len() + 1).saturating_sub(REFUSALS_REMEMBERED);
        let remembered: Vec<_> = record.refused.iter().skip(forgotten).chain([&refused]).collect();
        let remembered: AttributeValue =
            serde_dynamo::to_attribute_value(remembered).map_err(Failure::broken)?;
        Ok(self.pin_failed_write(record).set("refused = :refused").value(":refused", remembered))
    }

    /// The write that goes with a right PIN, unless another attempt came between: it forgets the wrong ones. It is
    /// needed where there are none, too. Else the right one of many guesses at once would be told, uncounted.
    pub fn pin_succeeded_write(&self, record: &PinRecord) -> Write {
        match record.renewed.get() {
            None => self.pin_write(record, "SET failures = :none"),
            // Versions begin anew where a PIN was withdrawn: so the hash has to be the one that was verified, too.
            Some(hash) => self
                .pin_write(record, "SET failures = :none, #hash = :renewed")
                .when("#hash = :verified")
                .name("#hash", "hash")
                .value(":renewed", hash.as_str())
                .value(":verified", record.hash.as_str()),
        }
        .value(":none", 0)
    }

    pub(crate) fn pin_write(&self, seen: &PinRecord, expression: &str) -> Write {
        Write::update(&self.table, pin_key(&seen.user), expression)
            .when("#version = :seen")
            .name("#version", "version")
            .value(":seen", seen.version)
    }
}

/// Whether it is the user's; `None` if it was hashed under keys that were withdrawn.
pub(crate) async fn verify(
    pin: &Pin,
    user: &str,
    keyring: &Keyring,
    stored: &str,
    deadline: Instant,
) -> Result<Option<bool>, Failure> {
    let (pin, user, keyring, stored) = (pin.clone(), user.to_owned(), keyring.clone(), stored.to_owned());
    let verified = hashing(deadline, move |memory| pin.verify(&user, &keyring, &stored, memory)).await?;
    match verified {
        Ok(right) => Ok(Some(right)),
        Err(PinHashError::NotHeld(error)) if error.is_newer() => Err(not_held(error)),
        Err(PinHashError::NotHeld(_)) => Ok(None),
        Err(error) => Err(Failure::broken(error)),
    }
}

pub(crate) async fn hash(
    pin: &Pin,
    user: &str,
    keyring: &Keyring,
    deadline: Instant,
) -> Result<String, Failure> {
    let (pin, user, keyring) = (pin.clone(), user.to_owned(), keyring.clone());
    let hashed = hashing(deadline, move |memory| pin.hash(&user, &keyring, memory)).await?;
    hashed.map_err(Failure::broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn record() -> PinRecord {
        PinRecord::first("alice", "$argon2id$".into())
    }

    fn in_an_hour() -> Instant {
        Instant::now() + std::time::Duration::from_hours(1)
    }

    fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    fn pin(text: &str) -> Pin {
        Pin::parse(text).unwrap()
    }

    async fn judged(record: &PinRecord, text: &str, now: Timestamp) -> Result<PinVerdict, Failure> {
        record.judge(&pin(text), &keyring(), now, in_an_hour()).await
    }

    #[tokio::test]
    async fn a_pin_is_right_or_wrong_with_what_is_left() {
        let hash = hash(&pin("048213"), "alice", &keyring(), in_an_hour()).await.unwrap();
        let mut record = PinRecord::first("alice", hash);
        assert_eq!(judged(&record, "048213", at(0)).await.unwrap(), PinVerdict::Right);
        for attempts_left in [4, 3, 2, 1, 0] {
            let verdict = judged(&record, "048214", at(0)).await.unwrap();
            assert_eq!(verdict, PinVerdict::Wrong { attempts_left });
            record = record.failed(at(0));
        }

        let locked = judged(&record, "048213", at(1)).await.unwrap_err();
        assert_eq!(locked.code(), Some(Code::PinLocked));
        let over = at(PIN_LOCK_MINUTES * 60_000);
        assert_eq!(judged(&record, "048213", over).await.unwrap(), PinVerdict::Right);
    }

    #[tokio::test]
    async fn a_damaged_hash_is_a_fault_and_no_wrong_pin() {
        let damaged = judged(&record(), "048213", at(0)).await;
        assert!(matches!(damaged, Err(Failure::Broken(_))));
    }

    #[test]
    fn a_lock_tells_the_seconds_left_and_never_zero() {
        let locked = PinRecord { locked_until: 10_001, ..record() };
        for (now, seconds) in [(0, 11), (9_001, 1), (10_000, 1)] {
            let refusal = locked.require_unlocked(at(now)).unwrap_err();
            assert_eq!(refusal.facts["retry_after_seconds"], seconds, "{now}");
        }
        assert!(locked.require_unlocked(at(10_001)).is_ok());
    }

    #[test]
    fn a_changed_pin_remembers_the_one_before_and_forgets_attempts() {
        let changed = record().failed(at(0)).changed("$new$".into());
        assert_eq!((changed.hash.as_str(), changed.previous.as_deref()), ("$new$", Some("$argon2id$")));
        assert_eq!((changed.failures, changed.version), (0, 3));
    }

    proptest! {
        #[test]
        fn of_any_wrong_attempts_at_most_five_are_judged_in_a_lock(
            pauses in proptest::collection::vec(0_i64..600_000, 1..60),
        ) {
            let (mut record, mut now, mut judged) = (record(), 1_764_000_000_000, Vec::new());
            for pause in pauses {
                now += pause;
                if record.require_unlocked(at(now)).is_ok() {
                    judged.push(now);
                    let next = record.failed(at(now));
                    prop_assert_eq!(next.version, record.version + 1);
                    prop_assert!(next.failures < PIN_ATTEMPTS);
                    record = next;
                }
            }
            for (first, sixth) in judged.iter().zip(judged.iter().skip(5)) {
                prop_assert!(sixth - first >= PIN_LOCK_MINUTES * 60_000);
            }
        }
    }
}
