//! What a request changes.

use super::units::Place;
use serde_json::{Value, json};

const ACTIONS: [&str; 4] = ["Put", "Update", "Delete", "ConditionCheck"];

/// One item that a request writes, or holds to a condition.
pub(super) struct Change {
    pub(super) place: Place,
    pub(super) kind: Kind,
    key: Value,
}

/// What is done to the item.
pub(super) enum Kind {
    /// This comes in its place.
    Put(Value),
    /// It is changed by an expression, in which these words stand.
    Update(String),
    Delete,
    Check,
}

impl Change {
    /// The request that reads the item.
    pub(super) fn read(&self) -> Value {
        json!({ "TableName": self.place.table, "Key": self.key, "ConsistentRead": true })
    }

    fn of(name: &str, mut action: Value) -> Self {
        let part = |value: &Value| value["S"].as_str().unwrap_or_default().to_owned();
        let key = if action["Key"].is_null() { &action["Item"] } else { &action["Key"] };
        let place = Place {
            table: action["TableName"].as_str().unwrap_or_default().to_owned(),
            index: None,
            key: part(&key["pk"]),
            sort_key: part(&key["sk"]),
        };
        let key = json!({ "pk": key["pk"], "sk": key["sk"] });
        let kind = match name {
            "Put" => Kind::Put(action["Item"].take()),
            "Delete" => Kind::Delete,
            "Update" => {
                let names = action["ExpressionAttributeNames"].as_object().into_iter().flatten();
                let names = names.filter_map(|(_, name)| name.as_str());
                let expression = action["UpdateExpression"].as_str().unwrap_or_default();
                Kind::Update(names.fold(expression.to_owned(), |words, name| words + " " + name))
            }
            _ => Kind::Check,
        };
        Self { place, kind, key }
    }
}

/// What a request writes or holds to a condition, in its order.
pub(super) fn changes(operation: &str, mut request: Value) -> Vec<Change> {
    match operation {
        "PutItem" => vec![Change::of("Put", request)],
        "UpdateItem" => vec![Change::of("Update", request)],
        "DeleteItem" => vec![Change::of("Delete", request)],
        "TransactWriteItems" => {
            let Value::Array(elements) = request["TransactItems"].take() else { return Vec::new() };
            let actions = elements.into_iter().filter_map(|mut element| {
                let name = ACTIONS.into_iter().find(|name| element.get(name).is_some())?;
                Some(Change::of(name, element[name].take()))
            });
            actions.collect()
        }
        _ => Vec::new(),
    }
}
