//! Over how many keys of its index each kind is spread.

use crate::Kind;
use scrip_capability::Environment;
use scrip_refusal::Failure;
use scrip_store::shard_of;
use std::collections::BTreeMap;

/// The variable that holds the setting, such as `bill-expiry=16,pos-settlement=32`.
pub const SLOT_SHARDS: &str = "SLOT_SHARDS";
/// The most shards of one kind: each is asked every minute.
pub const SHARDS_MOST: u8 = 200;

/// The number of shards of each kind. It may grow from one deployment to the next, but not shrink: what lies in a shard
/// that nobody asks is not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards(BTreeMap<Kind, u8>);

impl Shards {
    /// Reads the setting of a function.
    ///
    /// # Errors
    /// It is missing, or does not give each kind a number from 1 to [`SHARDS_MOST`].
    pub fn of(environment: &Environment) -> Result<Self, Failure> {
        Self::parse(environment.get(SLOT_SHARDS)?)
    }

    /// Reads the setting. Kinds that it names beside those that there are belong to a newer or older version.
    ///
    /// # Errors
    /// It does not give each kind a number from 1 to [`SHARDS_MOST`].
    pub fn parse(setting: &str) -> Result<Self, Failure> {
        let given: BTreeMap<&str, &str> =
            setting.split(',').filter_map(|each| each.split_once('=')).collect();
        let number = |kind: &Kind| {
            let number = given.get(kind.machine()).and_then(|number| number.parse().ok());
            let number = number.filter(|number| (1..=SHARDS_MOST).contains(number));
            number.map(|number| (*kind, number)).ok_or_else(|| {
                let machine = kind.machine();
                Failure::broken(format!("{SLOT_SHARDS} gives {machine} no number from 1 to {SHARDS_MOST}"))
            })
        };
        Ok(Self(Kind::ALL.iter().map(number).collect::<Result<_, _>>()?))
    }

    /// The setting that gives each kind so many shards.
    pub fn setting_of_each(number: u8) -> String {
        let each: Vec<_> = Kind::ALL.iter().map(|kind| format!("{}={number}", kind.machine())).collect();
        each.join(",")
    }

    /// So many shards of each kind.
    #[cfg(test)]
    pub(crate) fn of_each(number: u8) -> Self {
        Self(Kind::ALL.iter().map(|kind| (*kind, number)).collect())
    }

    /// The slot of an item: always the same one while the number of shards stays.
    pub(crate) fn slot_of(&self, kind: Kind, item: &str) -> String {
        slot(kind, shard_of(item, self.number(kind)))
    }

    /// All slots of a kind that are asked for what is due.
    pub fn slots(&self, kind: Kind) -> impl Iterator<Item = String> + use<> {
        (0..self.number(kind)).map(move |shard| slot(kind, shard))
    }

    fn number(&self, kind: Kind) -> u8 {
        self.0.get(&kind).copied().unwrap_or(1)
    }
}

fn slot(kind: Kind, shard: u8) -> String {
    format!("{}#{shard}", kind.machine())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_setting_that_leaves_a_kind_without_shards_is_broken() {
        for setting in ["", "bill-expiry", "bill-expiry=0", "bill-expiry=201", "bill-expiry=x", "other=4"] {
            let setting = format!(
                "coupon-reward=1,offline-authorization=1,payment-request=1,pos-settlement=1,{setting}"
            );
            assert!(matches!(Shards::parse(&setting), Err(Failure::Broken(_))), "{setting}");
        }
        let shards =
            Shards::parse("other=9,bill-expiry=2,offline-authorization=1,pos-settlement=1,payment-request=1,coupon-reward=1")
                .unwrap();
        let slots: Vec<_> = shards.slots(Kind::BillExpiry).collect();
        assert_eq!(slots, ["bill-expiry#0", "bill-expiry#1"]);
    }

    proptest! {
        #[test]
        fn an_item_lies_in_a_slot_that_is_asked(number in 1..=SHARDS_MOST, more in 0_u8..50, item in "bill_[a-z0-9]{26}") {
            let shards = Shards::of_each(number);
            let slot = shards.slot_of(Kind::BillExpiry, &item);
            prop_assert!(shards.slots(Kind::BillExpiry).any(|asked| asked == slot));

            let grown = Shards::of_each(number.saturating_add(more).min(SHARDS_MOST));
            prop_assert!(grown.slots(Kind::BillExpiry).any(|asked| asked == slot));
        }
    }
}
