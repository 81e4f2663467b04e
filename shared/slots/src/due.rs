//! What the index tells of an item that is due, and what is written when it could not be done.

use crate::pause::{PUT_OFF_MOST, pause};
use crate::slot::{FAILED, Waiting, due};
use crate::{Kind, Shards, Slot};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_refusal::Failure;
use scrip_store::{Item, Key, Query, Write, decode};
use serde::Deserialize;

/// The index of a table that holds what is due.
pub const DUE_INDEX: &str = "by-due";

/// What is worked off together is started by the first look at it, within its period and what a schedule is late.
const STARTED_WITHIN: SignedDuration = SignedDuration::from_secs(75);

/// An item that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The kind.
    pub kind: Kind,
    /// The item's id.
    pub item: String,
    /// For which moment it is due.
    pub moment: String,
    /// Since when.
    pub at: Timestamp,
    /// The request that made the item.
    pub cause: Option<String>,
    /// How often it was put off.
    pub tries: u32,
    /// Whether it was put off in vain for days.
    pub has_failed: bool,
    /// The slot in which it lies.
    pub slot: String,
    key: Key,
    order: String,
}

/// What the index holds.
#[derive(Deserialize)]
struct Entry {
    pk: String,
    sk: String,
    #[serde(flatten)]
    slot: Slot,
}

/// What of a slot is due by `now`, what was due first at first.
pub fn due_by(table: &str, slot: &str, now: Timestamp) -> Query {
    let after = now.as_millisecond().saturating_add(1).max(0);
    lying_in(table, slot).range("due < :after").value(":after", format!("{after:013}"))
}

/// What of a slot has this in common, by [`Kind::due_prefix`].
pub fn due_of(table: &str, slot: &str, prefix: &str) -> Query {
    lying_in(table, slot).range("begins_with(due, :prefix)").value(":prefix", prefix)
}

/// All that lies in a slot, what is due first at first.
pub fn lying_in(table: &str, slot: &str) -> Query {
    Query::of_index(table, DUE_INDEX, "slot", slot)
}

impl Kind {
    /// The slot of what was put off in vain for days.
    pub fn failed_slot(self) -> String {
        format!("{}#{FAILED}", self.machine())
    }
}

impl Due {
    /// Reads what the index tells.
    ///
    /// # Errors
    /// It is no entry of the index as it is written here.
    pub fn read(entry: Item) -> Result<Self, Failure> {
        let Entry { pk, sk, slot } = decode(entry)?;
        let Some(Waiting { kind, at, moment, item, has_failed }) = slot.read() else {
            let Slot { slot, due, .. } = &slot;
            let why = format!("{pk} / {sk} is due in a way that is not known: {slot} {due}");
            return Err(Failure::Broken(why));
        };
        Ok(Self {
            kind,
            item: item.to_owned(),
            moment: moment.to_owned(),
            at,
            cause: slot.cause.clone(),
            tries: slot.tries.unwrap_or_default(),
            has_failed,
            key: Key::new(pk, sk),
            slot: slot.slot,
            order: slot.due,
        })
    }

    /// Whether it was started before and not done: then it is put off before it is started again.
    pub fn was_started(&self, now: Timestamp) -> bool {
        self.tries > 0 || now.duration_since(self.at) >= self.kind.late_after()
    }

    /// Whether it is still to be started: what is worked off together may take longer than it is looked for again.
    pub fn is_to_start(&self, now: Timestamp) -> bool {
        !self.kind.is_grouped() || self.was_started(now) || now.duration_since(self.at) < STARTED_WITHIN
    }

    /// What items have in common that are worked off together, or the item.
    pub fn group(&self) -> &str {
        if !self.kind.is_grouped() {
            return &self.item;
        }
        self.item.rsplit_once('#').map_or(&self.item, |(group, _)| group)
    }

    /// The same, put off until then.
    fn later(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        now.checked_add(pause(self.tries)).map_err(Failure::broken)
    }

    /// Since when it is due, or from when on once it is put off.
    ///
    /// # Errors
    /// There is no such time.
    pub fn moves_to(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        if self.was_started(now) { self.later(now) } else { Ok(self.at) }
    }

    /// Whether it is put off for the last time: it is then listed as failed, and not tried again by itself.
    pub fn is_given_up(&self) -> bool {
        self.tries >= PUT_OFF_MOST
    }

    /// The write that puts it off, or aside if it was put off often enough. It holds only while the item waits as it did
    /// when this was read: who ends or moves it comes first.
    pub fn put_off(&self, table: &str, now: Timestamp) -> Result<Write, Failure> {
        let (slot, at) = if self.is_given_up() {
            (self.kind.failed_slot(), self.at)
        } else {
            (self.slot.clone(), self.later(now)?)
        };
        Ok(self.update(table, &slot, at, i64::from(self.tries) + 1))
    }

    /// The write that has what failed tried again at once, as if it had never been put off.
    pub fn redrive(&self, table: &str, shards: &Shards, now: Timestamp) -> Write {
        self.update(table, &shards.slot_of(self.kind, &self.item), now, 0)
    }

    fn update(&self, table: &str, slot: &str, at: Timestamp, tries: i64) -> Write {
        Write::update(table, self.key.clone(), "SET slot = :slot, due = :due, slot_tries = :tries")
            .when("slot = :slot_before AND due = :due_before")
            .value(":slot", slot)
            .value(":due", due(at, &self.moment, &self.item))
            .value(":tries", tries)
            .value(":slot_before", self.slot.as_str())
            .value(":due_before", self.order.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slot;
    use scrip_store::{AttributeValue, encode};

    const AT: i64 = 1_764_007_200_000;

    fn time(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn entry(change: impl FnOnce(&mut Slot)) -> Item {
        let shards = Shards::of_each(1);
        let mut slot = Slot::new(&shards, Kind::BillExpiry, "grace", "bill_1", time(AT)).caused_by("r1");
        change(&mut slot);
        encode(&Key::new("BILL#bill_1", "BILL"), &slot).unwrap()
    }

    #[test]
    fn what_an_item_says_of_its_slot_is_what_is_read() {
        let due = Due::read(entry(|slot| slot.tries = Some(2))).unwrap();
        assert_eq!((due.kind, due.item.as_str(), due.moment.as_str()), (Kind::BillExpiry, "bill_1", "grace"));
        assert_eq!((due.at, due.cause.as_deref(), due.tries), (time(AT), Some("r1"), 2));
        assert!(!due.has_failed);
        assert!(Due::read(entry(|slot| slot.slot = Kind::BillExpiry.failed_slot())).unwrap().has_failed);
    }

    #[test]
    fn what_is_not_known_is_broken() {
        let changes: [fn(&mut Slot); 6] = [
            |slot| slot.slot = "bill-expiry".into(),
            |slot| slot.slot = "other#1".into(),
            |slot| slot.due = "1764007200000".into(),
            |slot| slot.due = "1764007200000#other#bill_1".into(),
            |slot| slot.due = "soon#grace#bill_1".into(),
            |slot| slot.due = "1764007200000#grace".into(),
        ];
        for change in changes {
            let entry = entry(change);
            assert!(matches!(Due::read(entry.clone()), Err(Failure::Broken(_))), "{entry:?}");
        }
    }

    #[test]
    fn the_order_of_texts_is_that_of_time() {
        let due = |at: i64| super::due(time(at), "expiry", "bill_1");
        assert!(due(AT) < due(AT + 1) && due(9) < due(10) && due(999_999_999_999) < due(AT));
        assert!(due(AT) < format!("{:013}", AT + 1));
    }

    #[test]
    fn what_was_due_for_a_whole_period_or_put_off_was_started() {
        let due = Due::read(entry(|_| {})).unwrap();
        assert!(!due.was_started(time(AT)));
        assert!(!due.was_started(time(AT + 59_999)));
        assert!(due.was_started(time(AT + 60_000)));
        assert!(Due::read(entry(|slot| slot.tries = Some(1))).unwrap().was_started(time(AT)));
        assert!(!Due::read(entry(|slot| slot.tries = Some(0))).unwrap().was_started(time(AT)));
    }

    #[test]
    fn it_is_put_off_within_its_slot_and_at_last_aside() {
        let now = time(AT) + SignedDuration::from_mins(1);
        let text = |write: &Write, name: &str| match write.value_of(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
            other => panic!("{name}: {other:?}"),
        };
        let first = Due::read(entry(|_| {})).unwrap().put_off("bills", now).unwrap();
        assert_eq!(text(&first, ":slot"), "bill-expiry#0");
        assert_eq!(text(&first, ":due"), super::due(now + SignedDuration::from_mins(2), "grace", "bill_1"));
        assert_eq!(text(&first, ":tries"), "1");

        let last = Due::read(entry(|slot| slot.tries = Some(PUT_OFF_MOST))).unwrap();
        assert!(last.is_given_up());
        let last = last.put_off("bills", now).unwrap();
        assert_eq!(text(&last, ":slot"), "bill-expiry#failed");
        assert_eq!(text(&last, ":due"), super::due(time(AT), "grace", "bill_1"));
    }
}
