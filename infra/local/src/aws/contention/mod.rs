//! What DynamoDB does to writes that want the same item at once, and the engine, which does one after the other, does
//! not: a transaction that meets another write is cancelled, and an item, as each key of an index, takes so many write
//! units in a second. Nothing of it applies unless it is asked for. Units are counted as if no item were larger than a
//! kilobyte.
//!
//! Sources: DynamoDB Developer Guide, "Transaction conflict handling in DynamoDB", "Designing partition keys to
//! distribute your workload" and "Understanding Global Secondary Indexes (GSI) write throttling and back pressure": who
//! writes to a table is throttled where a key of an index takes no more, however well spread the table is.

mod images;
mod requests;
mod units;

pub(crate) use images::Images;
pub use units::WrittenKey;

use images::Indexes;
use requests::{Change, changes};
use scrip_sam::TableSpec;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use units::{Place, Units};

/// A transaction prepares and commits each of its items.
const TRANSACTIONAL_UNITS: u32 = 2;
/// An index is written to after the table, and not as a part of the transaction.
const INDEX_UNITS: u32 = 1;

/// The writes of this moment.
pub(crate) struct Contention {
    state: Mutex<State>,
    indexes: Indexes,
}

#[derive(Default)]
struct State {
    /// How many writes want an item now.
    writing: HashMap<Place, u32>,
    units: Units,
}

/// A write that has its items, until it is dropped.
pub(crate) struct Writing<'a> {
    contention: &'a Contention,
    changes: Vec<Change>,
    is_transaction: bool,
    /// What was counted for keys of indexes.
    counted: Vec<Place>,
}

/// Why something can't be written now, in the words of a cancellation reason.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    Conflict,
    Throttled,
    IndexThrottled,
}

impl Contention {
    pub(crate) fn new(tables: &[TableSpec]) -> Self {
        Self { state: Mutex::default(), indexes: Indexes::of(tables) }
    }

    /// Lets a request begin, or answers it with what DynamoDB would refuse it with.
    pub(crate) fn begin(
        &self,
        operation: &str,
        body: &str,
        now: Instant,
    ) -> Result<Writing<'_>, (u16, Value)> {
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        let changes = changes(operation, request);
        let is_transaction = operation == "TransactWriteItems";
        let units = if is_transaction { TRANSACTIONAL_UNITS } else { 1 };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let refused: Vec<_> = changes.iter().map(|change| state.refuses(&change.place, units, now)).collect();
        answer(is_transaction, &refused)?;
        for change in &changes {
            *state.writing.entry(change.place.clone()).or_default() += 1;
            state.units.count(&change.place, units, now);
        }
        Ok(Writing { contention: self, changes, is_transaction, counted: Vec::new() })
    }

    /// The write units of each key so far.
    pub(crate) fn units_written(&self) -> BTreeMap<WrittenKey, u64> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).units.written()
    }
}

impl Writing<'_> {
    /// What has to be read before the indexes are asked: items that may stand in one. Nobody else can change them now.
    pub(crate) fn to_read(&self) -> Vec<Value> {
        let changes = self.changes.iter().filter(|change| self.contention.indexes.may_have(change));
        changes.map(Change::read).collect()
    }

    /// Lets the request be done, or answers it with what DynamoDB refuses it with where a key of an index takes no more.
    pub(crate) fn enter_indexes(&mut self, before: &Images, now: Instant) -> Result<(), (u16, Value)> {
        let indexes = &self.contention.indexes;
        let keys: Vec<_> = self.changes.iter().map(|change| indexes.keys(change, before)).collect();
        let mut state = self.contention.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |keys: &Vec<Place>| keys.iter().any(|key| state.units.is_full(key, INDEX_UNITS, now));
        let refused: Vec<_> =
            keys.iter().map(|keys| is_full(keys).then_some(Refused::IndexThrottled)).collect();
        answer(self.is_transaction, &refused)?;
        for key in keys.into_iter().flatten() {
            state.units.count(&key, INDEX_UNITS, now);
            self.counted.push(key);
        }
        Ok(())
    }

    /// What has to be read once it is done: items that an update may have moved within an index.
    pub(crate) fn moved(&self) -> Vec<Value> {
        let changes = self.changes.iter().filter(|change| self.contention.indexes.may_move(change));
        changes.map(Change::read).collect()
    }

    /// Counts what was done to the indexes beyond what was foreseen.
    pub(crate) fn done(&mut self, before: &Images, after: &Images, now: Instant) {
        let indexes = &self.contention.indexes;
        let moved = self.changes.iter().filter(|change| indexes.may_move(change));
        let keys = moved.flat_map(|change| indexes.moved_to(change, before, after));
        let mut state = self.contention.state.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            state.units.count(&key, INDEX_UNITS, now);
        }
    }

    /// Nothing was written: the indexes were not touched either.
    pub(crate) fn refused(&mut self) {
        let mut state = self.contention.state.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.counted.drain(..) {
            state.units.take_back(&key, INDEX_UNITS);
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut state = self.contention.state.lock().unwrap_or_else(PoisonError::into_inner);
        for change in &self.changes {
            if let Some(count) = state.writing.get_mut(&change.place) {
                *count -= 1;
                if *count == 0 {
                    state.writing.remove(&change.place);
                }
            }
        }
    }
}

impl State {
    fn refuses(&self, item: &Place, units: u32, now: Instant) -> Option<Refused> {
        if self.writing.contains_key(item) {
            return Some(Refused::Conflict);
        }
        self.units.is_full(item, units, now).then_some(Refused::Throttled)
    }
}

/// What is answered to a request some of whose changes are refused.
fn answer(is_transaction: bool, refused: &[Option<Refused>]) -> Result<(), (u16, Value)> {
    if refused.iter().all(Option::is_none) {
        return Ok(());
    }
    Err(if is_transaction { cancelled(refused) } else { refuse_one(refused) })
}

fn cancelled(refused: &[Option<Refused>]) -> (u16, Value) {
    let reasons: Vec<Value> = refused
        .iter()
        .map(|refused| match refused {
            None => json!({ "Code": "None" }),
            Some(Refused::Conflict) => {
                json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" })
            }
            Some(Refused::Throttled) => json!({ "Code": "ThrottlingError", "Message": OF_ITEM }),
            Some(Refused::IndexThrottled) => json!({ "Code": "ThrottlingError", "Message": OF_INDEX }),
        })
        .collect();
    let mut answer = error("TransactionCanceledException", "Transaction cancelled, see the reasons");
    answer["CancellationReasons"] = Value::from(reasons);
    (400, answer)
}

const OF_ITEM: &str = "Throughput exceeds the current capacity of the item";
const OF_INDEX: &str = "Throughput exceeds the current capacity for one or more global secondary indexes";

fn refuse_one(refused: &[Option<Refused>]) -> (u16, Value) {
    let answer = if refused.contains(&Some(Refused::Conflict)) {
        error("TransactionConflictException", "Transaction is ongoing for the item")
    } else {
        let is_item = refused.contains(&Some(Refused::Throttled));
        error("ThrottlingException", if is_item { OF_ITEM } else { OF_INDEX })
    };
    (400, answer)
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "Message": message, "message": message })
}

#[cfg(test)]
mod tests;
