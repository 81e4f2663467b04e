//! That no part of the API's own document could change without a word: each is changed in turn.

use super::breaks;
use scrip_test_support::Scrip;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The document with one of its operations alone.
fn alone(document: &Value, path: &str, method: &str) -> Value {
    json!({
        "paths": { path: { method: document["paths"][path][method] } },
        "components": document["components"],
    })
}

/// The schemas that a value refers to, however deep.
fn reached(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(place) = value["$ref"].as_str() {
        let is_new = found.insert(place.trim_start_matches('#').to_owned());
        if is_new {
            reached(document, document.pointer(place.trim_start_matches('#')).unwrap(), found);
        }
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| reached(document, member, found)),
        Value::Array(elements) => elements.iter().for_each(|element| reached(document, element, found)),
        _ => {}
    }
}

/// A schema without one of its members, with another type for it, with one value less or more: whatever the direction, a
/// client misses something.
fn changes(schema: &Value) -> Vec<(String, Vec<Value>)> {
    let mut changes = Vec::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let mut without = schema.clone();
        without["properties"].as_object_mut().unwrap().remove(name);
        changes.push((format!("{name} is gone"), vec![without]));
        let mut other = schema.clone();
        let kind = if member["type"] == "boolean" { "integer" } else { "boolean" };
        other["properties"][name] = json!({ "type": kind });
        changes.push((format!("{name} is {kind}"), vec![other]));
    }
    if let Some(values) = schema["enum"].as_array() {
        let (mut less, mut more) = (schema.clone(), schema.clone());
        less["enum"] = json!(values[1..]);
        more["enum"].as_array_mut().unwrap().push(json!("surprise"));
        changes.push(("a value is gone, or there is one more".to_owned(), vec![less, more]));
    }
    changes
}

#[tokio::test]
async fn each_member_and_value_of_the_document_is_guarded() {
    let scrip = Scrip::embedded().await;
    let document = scrip.contract().await.document();
    // What one operation may do without, another may not: each change is found in one of those that it concerns.
    let mut is_found: BTreeMap<String, bool> = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let before = alone(document, path, method);
            assert_eq!(breaks(&before, &before), [""; 0], "{method} {path}");
            assert!(!breaks(&before, &json!({ "components": document["components"] })).is_empty());
            let mut places = BTreeSet::new();
            reached(document, operation, &mut places);
            for place in places.iter().filter(|place| place.starts_with("/components/schemas/")) {
                for (change, schemas) in changes(document.pointer(place).unwrap()) {
                    let is_found = is_found.entry(format!("{place}: {change}")).or_default();
                    *is_found = *is_found
                        || schemas.into_iter().any(|schema| {
                            let mut after = before.clone();
                            *after.pointer_mut(place).unwrap() = schema;
                            !breaks(&before, &after).is_empty()
                        });
                }
            }
        }
    }
    let unseen: Vec<_> =
        is_found.iter().filter(|(_, is_found)| !**is_found).map(|(change, _)| change).collect();
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert!(is_found.len() > 200, "{}", is_found.len());
}
