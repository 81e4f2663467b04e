//! What DynamoDB does to writes that want the same item at once, and the engine, which does one after the other, does
//! not: a transaction that meets another write is cancelled, and an item takes so many write units in a second. Nothing
//! of it applies unless it is asked for.
//!
//! Sources: DynamoDB Developer Guide, "Transaction conflict handling in DynamoDB" and "Designing partition keys to
//! distribute your workload".

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one partition, and so one item, takes in a second.
const WRITE_UNITS_PER_SECOND: u32 = 1_000;
/// A transaction prepares and commits each of its items.
const TRANSACTIONAL_UNITS: u32 = 2;
const ACTIONS: [&str; 4] = ["Put", "Update", "Delete", "ConditionCheck"];
/// How many items' rates are remembered; those that were not written for a second are forgotten first.
const RATES_MAX: usize = 10_000;

/// The writes of this moment.
#[derive(Default)]
pub(crate) struct Contention(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many writes want an item now.
    writing: HashMap<Item, u32>,
    rates: HashMap<Item, Rate>,
}

/// Table, partition and sort key.
type Item = (String, String, String);

/// The write units of the second that began at `since`, a real one: it limits real work.
#[derive(Clone, Copy)]
struct Rate {
    since: Instant,
    units: u32,
}

/// A write that has its items, until it is dropped.
pub(crate) struct Writing<'a> {
    contention: &'a Contention,
    items: Vec<Item>,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut state = self.contention.0.lock().unwrap_or_else(PoisonError::into_inner);
        for item in &self.items {
            if let Some(count) = state.writing.get_mut(item) {
                *count -= 1;
                if *count == 0 {
                    state.writing.remove(item);
                }
            }
        }
    }
}

/// Why an item can't be written now, in the words of a cancellation reason.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    Conflict,
    Throttled,
}

impl Contention {
    /// Lets a request begin, or answers it with what DynamoDB would refuse it with.
    pub(crate) fn begin(
        &self,
        operation: &str,
        body: &str,
        now: Instant,
    ) -> Result<Writing<'_>, (u16, Value)> {
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        let items = items(operation, &request);
        let is_transaction = operation == "TransactWriteItems";
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let units = if is_transaction { TRANSACTIONAL_UNITS } else { 1 };
        let refused: Vec<_> = items.iter().map(|item| state.refuses(item, units, now)).collect();
        if refused.iter().any(Option::is_some) {
            return Err(if is_transaction { cancelled(&refused) } else { refuse_one(&refused) });
        }
        for item in &items {
            *state.writing.entry(item.clone()).or_default() += 1;
            state.count(item, units, now);
        }
        Ok(Writing { contention: self, items })
    }
}

impl State {
    fn refuses(&self, item: &Item, units: u32, now: Instant) -> Option<Refused> {
        if self.writing.contains_key(item) {
            return Some(Refused::Conflict);
        }
        let rate = self.rates.get(item).filter(|rate| now < rate.since + Duration::from_secs(1))?;
        (rate.units + units > WRITE_UNITS_PER_SECOND).then_some(Refused::Throttled)
    }

    fn count(&mut self, item: &Item, units: u32, now: Instant) {
        let is_current = |rate: &Rate| now < rate.since + Duration::from_secs(1);
        if self.rates.len() >= RATES_MAX {
            self.rates.retain(|_, rate| is_current(rate));
        }
        let rate = self.rates.entry(item.clone()).or_insert(Rate { since: now, units: 0 });
        if !is_current(rate) {
            *rate = Rate { since: now, units: 0 };
        }
        rate.units = rate.units.saturating_add(units);
    }
}

/// What a request writes or holds to a condition, in its order.
fn items(operation: &str, request: &Value) -> Vec<Item> {
    let item = |action: &Value| {
        let key = if action["Key"].is_null() { &action["Item"] } else { &action["Key"] };
        let part = |value: &Value| value["S"].as_str().unwrap_or_default().to_owned();
        (action["TableName"].as_str().unwrap_or_default().to_owned(), part(&key["pk"]), part(&key["sk"]))
    };
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![item(request)],
        "TransactWriteItems" => {
            let elements = request["TransactItems"].as_array().into_iter().flatten();
            let actions = elements.filter_map(|element| ACTIONS.iter().find_map(|name| element.get(name)));
            actions.map(item).collect()
        }
        _ => Vec::new(),
    }
}

fn cancelled(refused: &[Option<Refused>]) -> (u16, Value) {
    let reasons: Vec<Value> = refused
        .iter()
        .map(|refused| match refused {
            None => json!({ "Code": "None" }),
            Some(Refused::Conflict) => {
                json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" })
            }
            Some(Refused::Throttled) => {
                json!({ "Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity of the item" })
            }
        })
        .collect();
    let mut answer = error("TransactionCanceledException", "Transaction cancelled, see the reasons");
    answer["CancellationReasons"] = Value::from(reasons);
    (400, answer)
}

fn refuse_one(refused: &[Option<Refused>]) -> (u16, Value) {
    let answer = if refused.contains(&Some(Refused::Conflict)) {
        error("TransactionConflictException", "Transaction is ongoing for the item")
    } else {
        error("ThrottlingException", "Throughput exceeds the current capacity of the item")
    };
    (400, answer)
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "Message": message, "message": message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pk: &str) -> Value {
        json!({ "TableName": "t", "Item": { "pk": { "S": pk }, "sk": { "S": "s" }, "n": { "N": "1" } } })
    }

    fn transaction(pks: &[&str]) -> String {
        let elements: Vec<Value> = pks.iter().map(|pk| json!({ "Put": put(pk) })).collect();
        json!({ "TransactItems": elements }).to_string()
    }

    fn reasons(refused: &(u16, Value)) -> Vec<&str> {
        let reasons = refused.1["CancellationReasons"].as_array().unwrap();
        reasons.iter().map(|reason| reason["Code"].as_str().unwrap()).collect()
    }

    #[test]
    fn transactions_that_meet_are_cancelled_until_the_first_has_ended() {
        let contention = Contention::default();
        let now = Instant::now();
        let begin = |pks: &[&str]| contention.begin("TransactWriteItems", &transaction(pks), now);
        let first = begin(&["a", "b"]).ok().unwrap();
        let met = begin(&["c", "b"]).err().unwrap();
        assert_eq!(reasons(&met), ["None", "TransactionConflict"]);
        let alone = contention.begin("PutItem", &put("a").to_string(), now).err().unwrap();
        assert!(alone.1["__type"].as_str().unwrap().ends_with("#TransactionConflictException"));
        let apart = begin(&["c"]).ok().unwrap();
        drop((first, apart));
        assert!(begin(&["a", "b", "c"]).is_ok());
    }

    #[test]
    fn a_condition_on_an_item_holds_it_too() {
        let contention = Contention::default();
        let now = Instant::now();
        let check = json!({ "TransactItems": [{ "ConditionCheck": { "TableName": "t", "Key": {
            "pk": { "S": "a" }, "sk": { "S": "s" } } } }] });
        let _first = contention.begin("TransactWriteItems", &check.to_string(), now).ok().unwrap();
        assert!(contention.begin("TransactWriteItems", &transaction(&["a"]), now).is_err());
        assert!(contention.begin("GetItem", &put("a").to_string(), now).is_ok());
    }

    #[test]
    fn an_item_takes_500_transactional_writes_in_a_second() {
        let contention = Contention::default();
        let now = Instant::now();
        let begin = |pk: &str, at| contention.begin("TransactWriteItems", &transaction(&[pk]), at).map(drop);
        let done = (0..600).filter(|_| begin("a", now).is_ok()).count();
        assert_eq!(done, 500);
        assert_eq!(reasons(&begin("a", now).unwrap_err()), ["ThrottlingError"]);
        let one = contention.begin("PutItem", &put("a").to_string(), now).err().unwrap();
        assert!(one.1["__type"].as_str().unwrap().ends_with("#ThrottlingException"));
        assert!(begin("b", now).is_ok());
        assert!(begin("a", now + Duration::from_secs(1)).is_ok());
    }
}
