//! Answers in a form that can be written down and compared.

use data_encoding::BASE64;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{AttributeValue, Commit, Item, Key, encode};
use serde_json::{Map, Value, json};

/// The attribute that a plain value is stored as.
pub(super) fn attribute(plain: &Value) -> AttributeValue {
    let mut item = encode(&Key::new("-", "-"), &json!({ "value": plain })).unwrap();
    item.remove("value").unwrap()
}

/// An item without its key and the mark of its last single write, by plain values.
pub(super) fn plain(item: &Item) -> Value {
    let attributes = item.iter().filter(|(name, _)| !matches!(name.as_str(), "pk" | "sk" | "stamp"));
    attributes.map(|(name, value)| (name.clone(), plain_value(value))).collect::<Map<_, _>>().into()
}

/// Numbers that are no whole ones of a common kind, sets and bytes keep the name of their type.
fn plain_value(value: &AttributeValue) -> Value {
    let sorted = |elements: &[String]| {
        let mut elements = elements.to_vec();
        elements.sort();
        elements
    };
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(digits) => match digits.parse::<i64>() {
            Ok(number) if number.to_string() == *digits => json!(number),
            _ => json!({ "N": digits }),
        },
        AttributeValue::Bool(truth) => json!(truth),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::L(elements) => elements.iter().map(plain_value).collect(),
        AttributeValue::M(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), plain_value(value)))
            .collect::<Map<_, _>>()
            .into(),
        AttributeValue::Ss(elements) => json!({ "SS": sorted(elements) }),
        AttributeValue::Ns(elements) => json!({ "NS": sorted(elements) }),
        AttributeValue::B(bytes) => json!({ "B": BASE64.encode(bytes.as_ref()) }),
        other => json!(format!("{other:?}")),
    }
}

/// What the protocol's answer to a request that is none is told as.
pub(super) fn invalid_request() -> Value {
    json!({ "error": "ValidationException" })
}

/// The refusal of the write at this place, with the item that it met.
pub(super) fn refused_at(place: usize, item: Option<&Item>) -> Refusal {
    let told = json!({ "refused": place, "item": item.map(plain) });
    Refusal::new(Code::NotFound, told.to_string())
}

/// What became of a commit.
pub(super) fn outcome(committed: Result<Commit, Failure>) -> Value {
    match committed {
        Ok(Commit::Done) => json!("done"),
        Ok(Commit::Exists(item)) => json!({ "exists": plain(&item) }),
        Err(failure) => failed(&failure),
    }
}

/// A refusal that [`refused_at`] made says so itself; of others, the code; of the store's errors, their kind.
pub(super) fn failed(failure: &Failure) -> Value {
    match failure {
        Failure::Refused(refusal) => {
            serde_json::from_str(&refusal.detail).unwrap_or_else(|_| json!(refusal.code.as_str()))
        }
        Failure::Broken(text) => {
            json!(format!("broken: {}", text.split(':').next().unwrap_or_default()))
        }
        other => json!(other.to_string()),
    }
}
