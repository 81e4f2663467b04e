//! What was written, and what was there before.

use super::Wire;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A table and the key of an item in it.
type Place = (String, String);

/// What was at each place that was written to; `None` where there was nothing.
pub(super) type Journal = BTreeMap<Place, Option<Value>>;

/// An item that was written, in DynamoDB's own notation.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub table: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// The places that a request may write to.
pub(super) fn written_keys(target: &str, body: &Value) -> Vec<Place> {
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or_default();
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![place(body)],
        "TransactWriteItems" => {
            let elements = body["TransactItems"].as_array().into_iter().flatten();
            let actions = elements
                .filter_map(|element| ["Put", "Update", "Delete"].iter().find_map(|name| element.get(name)));
            actions.map(place).collect()
        }
        _ => Vec::new(),
    }
}

fn place(action: &Value) -> Place {
    let item = if action["Key"].is_null() { &action["Item"] } else { &action["Key"] };
    let key = json!({ "pk": item["pk"], "sk": item["sk"] });
    (action["TableName"].as_str().unwrap_or_default().to_owned(), key.to_string())
}

impl Wire {
    /// From now on, what is written can be undone.
    pub fn mark(&self) {
        self.state().journal = Some(Journal::new());
    }

    pub(super) async fn remember(&self, place: Place) {
        let is_known = self.state().journal.as_ref().is_none_or(|journal| journal.contains_key(&place));
        if !is_known {
            let before = self.item(&place).await;
            if let Some(journal) = &mut self.state().journal {
                journal.insert(place, before);
            }
        }
    }

    /// What was written since the mark, and is not as it was.
    pub async fn written(&self) -> Vec<Written> {
        let journal = self.state().journal.clone().expect("a mark");
        let mut written = Vec::new();
        for (place, before) in journal {
            let after = self.item(&place).await;
            if after != before {
                written.push(Written { table: place.0, before, after });
            }
        }
        written
    }

    /// Brings back what was there at the mark, and goes on from it.
    pub async fn undo(&self) {
        let journal = self.state().journal.replace(Journal::new()).expect("a mark");
        for ((table, key), before) in journal {
            let (operation, request) = match before {
                Some(item) => ("PutItem", json!({ "TableName": table, "Item": item })),
                None => ("DeleteItem", json!({ "TableName": table, "Key": parsed(&key) })),
            };
            self.store(operation, &request).await;
        }
    }

    async fn item(&self, (table, key): &Place) -> Option<Value> {
        let request = json!({ "TableName": table, "Key": parsed(key), "ConsistentRead": true });
        let mut answer = self.store("GetItem", &request).await;
        Some(answer["Item"].take()).filter(|item| !item.is_null())
    }
}

fn parsed(key: &str) -> Value {
    serde_json::from_str(key).expect("a key")
}
