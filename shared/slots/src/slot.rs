//! The attributes of an item that waits for its time.

use crate::{Kind, Shards};
use scrip_clock::Timestamp;
use scrip_store::Write;
use serde::{Deserialize, Serialize};

/// The shard of each kind in which lies what was put off in vain for days.
pub(crate) const FAILED: &str = "failed";

/// Where an item waits for its time. One that waits for nothing has none of these attributes, so that the index holds
/// what is due and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The kind and the shard.
    pub slot: String,
    /// When it is due, for which moment, and the item.
    pub due: String,
    /// The id of the request that made the item, for the log.
    #[serde(rename = "slot_cause", skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// How often it was put off since it entered the slot.
    #[serde(rename = "slot_tries", skip_serializing_if = "Option::is_none", default)]
    pub tries: Option<u32>,
}

/// What a slot says of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The kind.
    pub kind: Kind,
    /// When it is due.
    pub at: Timestamp,
    /// For which moment of its kind.
    pub moment: &'a str,
    /// The item.
    pub item: &'a str,
    /// Whether it was put off in vain for days.
    pub has_failed: bool,
}

impl Slot {
    pub(crate) fn new(shards: &Shards, kind: Kind, moment: &str, item: &str, at: Timestamp) -> Self {
        Self { slot: shards.slot_of(kind, item), due: due(at, moment, item), cause: None, tries: None }
    }

    /// The same for an item that this request makes.
    #[must_use]
    pub fn caused_by(self, request: &str) -> Self {
        Self { cause: Some(request.to_owned()), ..self }
    }

    /// What it says; `None` if it is not written as here.
    pub fn read(&self) -> Option<Waiting<'_>> {
        let (kind, shard) = self.slot.split_once('#')?;
        let kind = Kind::named(kind)?;
        let mut parts = self.due.splitn(3, '#');
        let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let moment = parts.next().filter(|moment| kind.moments().contains(moment))?;
        Some(Waiting { kind, at, moment, item: parts.next()?, has_failed: shard == FAILED })
    }

    /// The same update, which moves the item into this slot. What made the item stays known.
    #[must_use]
    pub fn enter(&self, update: Write) -> Write {
        update
            .set("slot = :slot")
            .set("due = :due")
            .remove("slot_tries")
            .value(":slot", self.slot.as_str())
            .value(":due", self.due.as_str())
    }
}

/// The same update, with which the item waits for nothing any more.
#[must_use]
pub fn leave(update: Write) -> Write {
    update.remove("slot").remove("due").remove("slot_tries")
}

/// The text that orders what is due by its time; milliseconds have thirteen digits until the year 2286.
pub(crate) fn due(at: Timestamp, moment: &str, item: &str) -> String {
    format!("{:013}#{moment}#{item}", at.as_millisecond().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_store::{Key, encode};

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Record {
        id: String,
        total: i64,
        #[serde(flatten)]
        slot: Option<Slot>,
    }

    fn record(slot: Option<Slot>) -> Record {
        Record { id: "bill_1".into(), total: i64::MAX, slot }
    }

    fn slot() -> Slot {
        let shards = Shards::of_each(1);
        let at = Timestamp::from_millisecond(1_764_007_200_000).unwrap();
        Slot::new(&shards, Kind::BillExpiry, "expiry", "bill_1", at)
    }

    #[test]
    fn an_item_that_waits_for_nothing_has_no_attribute_of_the_index() {
        let key = Key::new("BILL#bill_1", "BILL");
        let item = encode(&key, &record(None)).unwrap();
        assert!(item.keys().all(|name| ["pk", "sk", "id", "total"].contains(&name.as_str())), "{item:?}");
        assert_eq!(scrip_store::decode::<Record>(item).unwrap(), record(None));
    }

    #[test]
    fn an_item_says_where_it_waits() {
        let waiting = record(Some(Slot { tries: Some(3), ..slot().caused_by("r1") }));
        let item = encode(&Key::new("BILL#bill_1", "BILL"), &waiting).unwrap();
        for (name, text) in
            [("slot", "bill-expiry#0"), ("due", "1764007200000#expiry#bill_1"), ("slot_cause", "r1")]
        {
            assert_eq!(scrip_store::text(&item, name), Some(text));
        }
        assert_eq!(scrip_store::number(&item, "slot_tries"), Some(3));
        assert_eq!(scrip_store::decode::<Record>(item).unwrap(), waiting);
    }
}
