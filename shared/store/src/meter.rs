//! What an invocation has used of the store.

use aws_sdk_dynamodb::types::{Capacity, ConsumedCapacity};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts round trips and capacity units, and notes what was done to which table; all clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    usage: Usage,
    accesses: BTreeSet<Access>,
}

/// Something done to a table, by the name under which a policy allows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Such as `PutItem`, also for one that is part of a transaction.
    pub action: &'static str,
    /// The table.
    pub table: String,
    /// The index, where one was queried.
    pub index: Option<String>,
}

/// What was used. Units are counted in halves, since an eventually consistent read takes half of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Requests sent to the store, retries included.
    pub round_trips: u64,
    /// Read units of tables and indexes, in halves.
    pub read_half_units: u64,
    /// Write units of tables, in halves.
    pub write_half_units: u64,
    /// Write units that keeping the indexes costs beside those of the tables, in halves.
    pub index_write_half_units: u64,
}

impl Meter {
    pub(crate) fn round_trip(&self) {
        self.change(|usage| usage.round_trips += 1);
    }

    pub(crate) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        for capacity in consumed {
            let units = halves(capacity.capacity_units());
            self.change(|usage| usage.read_half_units += units);
        }
    }

    pub(crate) fn write<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        for capacity in consumed {
            let total = halves(capacity.capacity_units());
            let indexes = indexes(capacity);
            self.change(|usage| {
                usage.write_half_units += total.saturating_sub(indexes);
                usage.index_write_half_units += indexes;
            });
        }
    }

    /// What was used until now.
    pub fn usage(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).usage
    }

    /// What was done until now.
    pub fn accesses(&self) -> BTreeSet<Access> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).accesses.clone()
    }

    pub(crate) fn access(&self, action: &'static str, table: &str, index: Option<&str>) {
        let access = Access { action, table: table.to_owned(), index: index.map(str::to_owned) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).accesses.insert(access);
    }

    fn change(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).usage);
    }
}

fn indexes(capacity: &ConsumedCapacity) -> u64 {
    let of = |capacity: &Capacity| halves(capacity.capacity_units());
    let global = capacity.global_secondary_indexes().into_iter().flat_map(|indexes| indexes.values());
    let local = capacity.local_secondary_indexes().into_iter().flat_map(|indexes| indexes.values());
    global.chain(local).map(of).sum()
}

/// DynamoDB tells units as floats that are multiples of one half.
#[expect(clippy::float_arithmetic, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn halves(units: Option<f64>) -> u64 {
    (units.unwrap_or_default().max(0.0) * 2.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn of(units: f64) -> Capacity {
        Capacity::builder().capacity_units(units).build()
    }

    #[test]
    fn units_of_indexes_are_counted_beside_those_of_the_table() {
        let indexes = |names: [(&str, f64); 2]| {
            Some(HashMap::from(names.map(|(name, units)| (name.to_owned(), of(units)))))
        };
        let written = ConsumedCapacity::builder()
            .capacity_units(7.0)
            .set_global_secondary_indexes(indexes([("by-debit", 2.0), ("by-credit", 1.0)]))
            .set_local_secondary_indexes(Some(HashMap::from([("local".to_owned(), of(1.0))])))
            .build();
        let read = ConsumedCapacity::builder().capacity_units(0.5).build();
        let meter = Meter::default();
        let same = meter.clone();
        meter.round_trip();
        same.write([&written, &written]);
        same.read([&read, &read, &read]);
        let expected =
            Usage { round_trips: 1, read_half_units: 3, write_half_units: 12, index_write_half_units: 16 };
        assert_eq!(meter.usage(), expected);
    }

    #[test]
    fn what_was_done_is_noted_once() {
        let meter = Meter::default();
        for _ in 0..2 {
            meter.access("Query", "ledger", Some("by-debit"));
        }
        meter.access("PutItem", "ledger", None);
        let done: Vec<_> = meter.accesses().into_iter().map(|access| (access.action, access.index)).collect();
        assert_eq!(done, [("PutItem", None), ("Query", Some("by-debit".to_owned()))]);
    }
}
