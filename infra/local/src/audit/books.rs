//! What was read, as records.

use super::report::Violation;
use scrip_bills::{BillRecord, BillStatus};
use scrip_ledger::{AccountRecord, TransferRecord};
use scrip_money::Money;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything of one moment, as it is stored: items in DynamoDB's JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    pub(super) ledger: Vec<Value>,
    pub(super) bills: Vec<Value>,
    /// The state of the execution that each waiting bill has, by the bill's id.
    pub(super) executions: BTreeMap<String, String>,
    /// Bills whose stream record is still to be handled.
    pub(super) pending: BTreeSet<String>,
}

/// Everything of one moment, as records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    pub(super) balances: Vec<Balance>,
    pub(super) transfers: Vec<TransferRecord>,
    pub(super) bills: Vec<BillRecord>,
    pub(super) additions: Vec<Addition>,
    pub(super) executions: BTreeMap<String, String>,
    pub(super) pending: BTreeSet<String>,
    pub(super) unreadable: Vec<Violation>,
}

/// An item that holds the balance of an account or a part of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Balance {
    pub(super) pk: String,
    #[serde(flatten)]
    pub(super) record: AccountRecord,
}

/// Items that a terminal added together.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Addition {
    pub(super) pk: String,
    #[serde(rename = "addition")]
    pub(super) id: String,
    pub(super) merchant: String,
    pub(super) terminal: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    pub(super) quantity: i64,
    pub(super) unit_price: Money,
    pub(super) removed: bool,
}

impl Addition {
    pub(super) fn bill(&self) -> &str {
        self.pk.strip_prefix("BILL#").unwrap_or(&self.pk)
    }
}

impl Books {
    /// Reads the items of a snapshot. What can't be read, or is of no known kind, is a violation itself: an audit
    /// that passes over items proves nothing.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut books = Self {
            executions: snapshot.executions.clone(),
            pending: snapshot.pending.clone(),
            ..Self::default()
        };
        for item in &snapshot.ledger {
            let read = match key(item).1 {
                "BALANCE" => decode(item).map(|balance| books.balances.push(balance)),
                "TRANSFER" => decode(item).map(|transfer| books.transfers.push(transfer)),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("ledger", item, read);
        }
        for item in &snapshot.bills {
            let read = match key(item).1 {
                "BILL" => decode(item).map(|bill| books.bills.push(bill)),
                kind if kind.starts_with("ADD#") => {
                    decode(item).map(|addition| books.additions.push(addition))
                }
                kind if kind.starts_with("VREQ#") => Ok(()),
                _ => Err("of no known kind".to_owned()),
            };
            books.note("bills", item, read);
        }
        books
    }

    fn note(&mut self, table: &str, item: &Value, read: Result<(), String>) {
        if let Err(why) = read {
            let (pk, sk) = key(item);
            self.unreadable.push(Violation::new("item-readable", format!("{pk} / {sk} of {table}"), why));
        }
    }

    /// The bills that wait for their time.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &BillRecord> {
        let waits = |status| matches!(status, BillStatus::Open | BillStatus::AwaitingVerification);
        self.bills.iter().filter(move |bill| waits(bill.status))
    }
}

fn key(item: &Value) -> (&str, &str) {
    let part = |name: &str| item[name]["S"].as_str().unwrap_or("?");
    (part("pk"), part("sk"))
}

fn decode<T: DeserializeOwned>(item: &Value) -> Result<T, String> {
    let item = serde_dynamo::Item::deserialize(item).map_err(|error| error.to_string())?;
    serde_dynamo::from_item(item).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{check, sample};
    use serde_json::json;

    #[test]
    fn stored_items_become_records() {
        let books = Books::of(&sample::snapshot());
        assert_eq!((books.transfers.len(), books.bills.len(), books.additions.len()), (4, 3, 3));
        assert_eq!(books.waiting().map(|bill| bill.id.as_str()).collect::<Vec<_>>(), [sample::bill("open")]);
        assert!(check(&books).violations().is_empty(), "{}", check(&books));
    }

    #[test]
    fn what_can_not_be_read_is_told() {
        let mut snapshot = sample::snapshot();
        let mut broken = snapshot.ledger.iter().find(|item| key(item).1 == "TRANSFER").unwrap().clone();
        broken["amount"] = json!({ "S": "much" });
        snapshot.ledger.push(broken);
        snapshot.bills.push(json!({ "pk": { "S": "BILL#x" }, "sk": { "S": "HOLD#1" } }));
        let books = Books::of(&snapshot);
        let told: Vec<String> = check(&books).violations().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].contains("BILL#x / HOLD#1 of bills: of no known kind"), "{told:?}");
    }
}
