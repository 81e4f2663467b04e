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
