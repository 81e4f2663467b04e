//! The items that apply without being named: all of a merchant's in one item of the store, so that a transfer reads
//! them together with all else.

use crate::item::ItemRecord;
use crate::limits::MAX_AUTOMATIC_ITEMS;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Key, Write, encode};
use serde::{Deserialize, Serialize};

/// A merchant's automatic items, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Automatic {
    /// Counts changes; 0 before the first.
    pub revision: i64,
    /// The items.
    pub items: Vec<ItemRecord>,
}

pub(crate) fn automatic_key(merchant: &str) -> Key {
    Key::new(format!("AUTOMATIC#{merchant}"), "AUTOMATIC")
}

impl Automatic {
    /// The same with this item in place of any of its name; `None` if that changes nothing.
    ///
    /// # Errors
    /// `limit-exceeded` where there is no room for one more.
    pub(crate) fn with(&self, new: &ItemRecord) -> Result<Option<Self>, Refusal> {
        let others = self.items.iter().filter(|item| item.item != new.item);
        let mut items: Vec<_> = others.cloned().collect();
        if items.len() == self.items.len() && !new.automatic {
            return Ok(None);
        }
        if new.automatic {
            if items.len() >= MAX_AUTOMATIC_ITEMS {
                let detail = format!("At most {MAX_AUTOMATIC_ITEMS} items can apply without being named.");
                return Err(Refusal::new(Code::LimitExceeded, detail));
            }
            let place = items.partition_point(|item| item.item < new.item);
            items.insert(place, new.clone());
        }
        Ok(Some(Self { revision: self.revision + 1, items }))
    }

    /// Puts it in place of the revision before.
    pub(crate) fn write(&self, table: &str, merchant: &str) -> Result<Write, Failure> {
        let item = encode(&automatic_key(merchant), self)?;
        if self.revision == 1 {
            return Ok(Write::put_new(table, item));
        }
        let put = Write::put(table, item).when("#revision = :before");
        Ok(put.name("#revision", "revision").value(":before", self.revision - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deductions::changed;
    use crate::item::tests::{off, record};
    use proptest::prelude::*;
    use scrip_deduction::Kind;
    use scrip_store::Transaction;

    fn promotion(name: &str, automatic: bool) -> ItemRecord {
        ItemRecord { automatic, ..record(name, Kind::Promotion, &off(1)) }
    }

    #[test]
    fn there_is_room_for_ten() {
        let mut automatic = Automatic::default();
        for n in 0..MAX_AUTOMATIC_ITEMS {
            automatic = automatic.with(&promotion(&format!("p{n}"), true)).unwrap().unwrap();
        }
        let eleventh = automatic.with(&promotion("q", true)).unwrap_err();
        assert_eq!(eleventh.code, Code::LimitExceeded);
        assert_eq!(automatic.with(&promotion("q", false)).unwrap(), None);
        // A new version of one of them takes its place, and one that leaves makes room.
        assert_eq!(automatic.with(&promotion("p3", true)).unwrap().unwrap().items.len(), MAX_AUTOMATIC_ITEMS);
        let less = automatic.with(&promotion("p3", false)).unwrap().unwrap();
        assert!(less.with(&promotion("q", true)).unwrap().is_some());
    }

    #[test]
    fn a_revision_takes_the_place_of_the_one_before_alone() {
        let line = |revision| {
            let automatic = Automatic { revision, ..Automatic::default() };
            let mut transaction = Transaction::new();
            transaction.require(automatic.write("deductions", "mch_1").unwrap(), |_| changed());
            transaction.plan().concat()
        };
        let put = |revision: i64| {
            format!(
                "put deductions {{items: [], pk: \"AUTOMATIC#mch_1\", revision: {revision}, sk: \"AUTOMATIC\"}}"
            )
        };
        assert_eq!(line(1), format!("{} IF attribute_not_exists(pk)", put(1)));
        assert_eq!(line(7), format!("{} IF revision = 6", put(7)));
    }

    proptest! {
        #[test]
        fn each_stands_once_in_order(puts in proptest::collection::vec(("[a-d]", any::<bool>()), 0..30)) {
            let mut automatic = Automatic::default();
            for (name, is_automatic) in puts {
                let put = promotion(&name, is_automatic);
                if let Some(next) = automatic.with(&put).unwrap() {
                    prop_assert_eq!(next.revision, automatic.revision + 1);
                    automatic = next;
                }
                prop_assert!(automatic.items.is_sorted_by(|a, b| a.item < b.item));
                prop_assert_eq!(automatic.items.iter().any(|item| item.item == name), is_automatic);
            }
        }
    }
}
