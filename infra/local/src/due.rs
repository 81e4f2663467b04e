//! What is due: the index of the tables that hold it, read as the function reads it that starts it.

use crate::store::TableStore;
use scrip_clock::Timestamp;
use scrip_sam::FunctionSpec;
use scrip_slots::{DUE_INDEX, Kind, SLOT_SHARDS, Shards};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How much is read at once.
const PAGE_ITEMS: u32 = 1_000;
/// Where no more is due, what is due first is found in all of it, not in each shard.
const FEW_ITEMS: u32 = 100;

/// An item that waits for its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DueItem {
    pub(crate) item: String,
    /// What will be started for it.
    pub(crate) machine: &'static str,
    /// For which of its moments.
    pub(crate) moment: String,
    /// When.
    pub(crate) at: Timestamp,
    /// How often it was put off.
    pub(crate) tries: u32,
    /// Whether it was put off in vain for days, and is started only once somebody has it tried again.
    pub(crate) failed: bool,
}

/// The slots that a function asks.
pub(crate) struct DueItems {
    store: TableStore,
    /// Table, kind and slot.
    slots: Vec<(String, Kind, String)>,
    failed: Vec<(String, Kind, String)>,
}

impl DueItems {
    /// What a function looks for, by its variables.
    pub(crate) fn of(function: &FunctionSpec, store: &TableStore) -> Result<Self, String> {
        let variable = |name: &str| {
            let found = function.environment.get(name);
            found.ok_or_else(|| format!("{}: {name} is not in its environment", function.logical_id))
        };
        let shards = Shards::parse(variable(SLOT_SHARDS)?).map_err(|failure| failure.to_string())?;
        let (mut slots, mut failed) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            let table = variable(kind.table_variable())?;
            slots.extend(shards.slots(*kind).map(|slot| (table.clone(), *kind, slot)));
            failed.push((table.clone(), *kind, kind.failed_slot()));
        }
        Ok(Self { store: store.clone(), slots, failed })
    }

    /// When the first of all is due.
    pub(crate) async fn earliest(&self) -> Result<Option<Timestamp>, String> {
        let mut earliest = None;
        for table in self.slots.iter().map(|(table, ..)| table).collect::<BTreeSet<_>>() {
            let slots: Vec<_> =
                self.slots.iter().filter(|(of, ..)| of == table).map(|(.., slot)| slot).collect();
            let entries = match self.few(table).await? {
                Some(entries) => entries,
                None => self.first_of_each(table, &slots).await?,
            };
            let lies_in = |entry: &&Value| slots.iter().any(|slot| entry["slot"]["S"] == slot.as_str());
            let due = entries.iter().filter(lies_in).filter_map(|entry| entry["due"]["S"].as_str());
            earliest = earliest.into_iter().chain(due.filter_map(|due| Some(read(due)?.0))).min();
        }
        Ok(earliest)
    }

    /// All that is due of a table, if it is not much.
    async fn few(&self, table: &str) -> Result<Option<Vec<Value>>, String> {
        let scan = json!({ "TableName": table, "IndexName": DUE_INDEX, "Limit": FEW_ITEMS });
        let mut page = self.ask("Scan", &scan).await?;
        let all = page["LastEvaluatedKey"].is_null();
        Ok(page["Items"].take().as_array().filter(|_| all).cloned())
    }

    async fn first_of_each(&self, table: &str, slots: &[&String]) -> Result<Vec<Value>, String> {
        let mut entries = Vec::new();
        for slot in slots {
            let page = self.page(table, slot, 1, &Value::Null).await?;
            entries.extend(page["Items"].as_array().and_then(|items| items.first()).cloned());
        }
        Ok(entries)
    }

    /// All that is due, or what is due of one item, in the order of time.
    pub(crate) async fn list(&self, item: Option<&str>) -> Result<Vec<DueItem>, String> {
        let mut found = Vec::new();
        for (slots, failed) in [(&self.slots, false), (&self.failed, true)] {
            for (table, kind, slot) in slots {
                let mut start = Value::Null;
                loop {
                    let mut page = self.page(table, slot, PAGE_ITEMS, &start).await?;
                    let entries = page["Items"].as_array().into_iter().flatten();
                    let wanted = entries.filter_map(|entry| due_item(entry, *kind, failed));
                    found.extend(wanted.filter(|due| item.is_none_or(|item| due.item == item)));
                    start = page["LastEvaluatedKey"].take();
                    if start.is_null() {
                        break;
                    }
                }
            }
        }
        found.sort_by(|one, other| (one.at, &one.item).cmp(&(other.at, &other.item)));
        Ok(found)
    }

    async fn page(&self, table: &str, slot: &str, limit: u32, start: &Value) -> Result<Value, String> {
        let mut request = json!({
            "TableName": table, "IndexName": DUE_INDEX, "Limit": limit,
            "KeyConditionExpression": "slot = :slot", "ExpressionAttributeValues": { ":slot": { "S": slot } },
        });
        if !start.is_null() {
            request["ExclusiveStartKey"] = start.clone();
        }
        self.ask("Query", &request).await
    }

    async fn ask(&self, operation: &str, request: &Value) -> Result<Value, String> {
        let (status, body) = self.store.call(operation, request.to_string()).await;
        if status != 200 {
            return Err(format!("what is due can't be read: {body}"));
        }
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }
}

/// The moment, which of the machine's it is, and the item.
fn read(due: &str) -> Option<(Timestamp, &str, &str)> {
    let mut parts = due.splitn(3, '#');
    let at = parts.next()?.parse().ok()?;
    Some((Timestamp::from_millisecond(at).ok()?, parts.next()?, parts.next()?))
}

fn due_item(entry: &Value, kind: Kind, failed: bool) -> Option<DueItem> {
    let (at, moment, item) = read(entry["due"]["S"].as_str()?)?;
    let tries = entry["slot_tries"]["N"].as_str().and_then(|tries| tries.parse().ok());
    // Of what is worked off together, the item stands behind what it has in common with others.
    let item = item.rsplit('#').next().unwrap_or(item);
    Some(DueItem {
        item: item.to_owned(),
        machine: kind.machine(),
        moment: moment.to_owned(),
        at,
        tries: tries.unwrap_or_default(),
        failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_index_tells_what_will_happen() {
        let entry = json!({ "due": { "S": "1764007200000#grace#bill_1" }, "slot_tries": { "N": "2" } });
        let due = due_item(&entry, Kind::BillExpiry, false).unwrap();
        assert_eq!((due.item.as_str(), due.machine, due.moment.as_str()), ("bill_1", "bill-expiry", "grace"));
        assert_eq!((due.at.as_millisecond(), due.tries), (1_764_007_200_000, 2));
        for due in ["", "soon#grace#bill_1", "1764007200000#grace"] {
            assert_eq!(due_item(&json!({ "due": { "S": due } }), Kind::BillExpiry, false), None, "{due}");
        }
    }
}
