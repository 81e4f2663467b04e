//! The write units of each second, and of all time, for each key.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// What one partition, and so one item and one key of an index, takes in a second.
const WRITE_UNITS_PER_SECOND: u32 = 1_000;
/// How many rates are remembered; those of what was not written for a second are forgotten first.
const RATES_MAX: usize = 10_000;
/// For how many keys all units are counted; beyond, counting begins anew.
const WRITTEN_MAX: usize = 1_000_000;

/// An item of a table, or a key of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) table: String,
    /// None for an item of the table itself.
    pub(super) index: Option<String>,
    pub(super) key: String,
    /// Of an item of the table.
    pub(super) sort_key: String,
}

/// A partition key of a table or of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrittenKey {
    pub table: String,
    /// The index, if it is not the table itself.
    pub index: Option<String>,
    pub key: String,
}

#[derive(Default)]
pub(super) struct Units {
    rates: HashMap<Place, Rate>,
    written: HashMap<WrittenKey, u64>,
}

/// The write units of the second that began at `since`, a real one: it limits real work.
#[derive(Clone, Copy)]
struct Rate {
    since: Instant,
    units: u32,
}

impl Rate {
    fn is_current(&self, now: Instant) -> bool {
        now < self.since + Duration::from_secs(1)
    }
}

impl Units {
    /// Whether it takes no more in this second.
    pub(super) fn is_full(&self, place: &Place, units: u32, now: Instant) -> bool {
        let rate = self.rates.get(place).filter(|rate| rate.is_current(now));
        rate.is_some_and(|rate| rate.units + units > WRITE_UNITS_PER_SECOND)
    }

    pub(super) fn count(&mut self, place: &Place, units: u32, now: Instant) {
        if self.rates.len() >= RATES_MAX {
            self.rates.retain(|_, rate| rate.is_current(now));
        }
        let rate = self.rates.entry(place.clone()).or_insert(Rate { since: now, units: 0 });
        if !rate.is_current(now) {
            *rate = Rate { since: now, units: 0 };
        }
        rate.units = rate.units.saturating_add(units);
        if self.written.len() >= WRITTEN_MAX {
            self.written.clear();
        }
        *self.written.entry(key(place)).or_default() += u64::from(units);
    }

    /// Counts what was not written after all.
    pub(super) fn take_back(&mut self, place: &Place, units: u32) {
        if let Some(rate) = self.rates.get_mut(place) {
            rate.units = rate.units.saturating_sub(units);
        }
        if let Some(written) = self.written.get_mut(&key(place)) {
            *written = written.saturating_sub(units.into());
        }
    }

    /// All that was written so far.
    pub(super) fn written(&self) -> BTreeMap<WrittenKey, u64> {
        self.written.iter().map(|(key, units)| (key.clone(), *units)).collect()
    }
}

fn key(place: &Place) -> WrittenKey {
    let Place { table, index, key, sort_key: _ } = place.clone();
    WrittenKey { table, index, key }
}
