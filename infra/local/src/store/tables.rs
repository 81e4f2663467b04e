//! Makes the tables that the template declares.

use super::operation;
use dynoxide::Database;
use scrip_sam::{IndexSpec, Key, KeyType, Projection, StreamView, TableSpec};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Creates the table, or checks the one that is there and adds the indexes, the stream and the expiry it lacks.
pub(super) fn prepare(database: &Database, spec: &TableSpec) -> Result<(), String> {
    let named = json!({ "TableName": spec.name });
    match call(database, "DescribeTable", &named) {
        Ok(described) => complete(database, spec, &described["Table"])?,
        Err(error) if error.contains("ResourceNotFoundException") => {
            call(database, "CreateTable", &definition(spec))?;
        }
        Err(error) => return Err(error),
    }
    let Some(attribute) = &spec.ttl_attribute else { return Ok(()) };
    let ttl = call(database, "DescribeTimeToLive", &named)?;
    if ttl["TimeToLiveDescription"]["AttributeName"] != json!(attribute) {
        let wanted = json!({ "Enabled": true, "AttributeName": attribute });
        let request = json!({ "TableName": spec.name, "TimeToLiveSpecification": wanted });
        call(database, "UpdateTimeToLive", &request)?;
    }
    Ok(())
}

fn complete(database: &Database, spec: &TableSpec, described: &Value) -> Result<(), String> {
    let differs = |what: &str| {
        let name = &spec.name;
        Err(format!(
            "table {name} has other {what} than the template gives it; keep its data, or start with new data"
        ))
    };
    let types = types_of(&described["AttributeDefinitions"]);
    if !same_keys(&described["KeySchema"], &types, &spec.hash, spec.range.as_ref()) {
        return differs("keys");
    }
    let existing = described["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
    for index in &spec.indexes {
        match existing.iter().find(|existing| existing["IndexName"] == json!(index.name)) {
            Some(existing)
                if !same_keys(&existing["KeySchema"], &types, &index.hash, index.range.as_ref()) =>
            {
                return differs(&format!("keys of the index {}", index.name));
            }
            Some(_) => {}
            None => {
                let request = json!({
                    "TableName": spec.name,
                    "AttributeDefinitions": definition(spec)["AttributeDefinitions"],
                    "GlobalSecondaryIndexUpdates": [{ "Create": index_definition(index) }],
                });
                call(database, "UpdateTable", &request)?;
            }
        }
    }
    if let Some(view) = spec.stream
        && described["StreamSpecification"]["StreamEnabled"] != json!(true)
    {
        let request = json!({ "TableName": spec.name, "StreamSpecification": stream_definition(view) });
        call(database, "UpdateTable", &request)?;
    }
    Ok(())
}

fn same_keys(schema: &Value, types: &BTreeMap<String, String>, hash: &Key, range: Option<&Key>) -> bool {
    let found: Vec<(&str, Option<&str>)> = schema
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|element| element["AttributeName"].as_str())
        .map(|name| (name, types.get(name).map(String::as_str)))
        .collect();
    let wanted: Vec<_> = [Some(hash), range]
        .into_iter()
        .flatten()
        .map(|key| (key.attribute.as_str(), Some(letter(key))))
        .collect();
    found == wanted
}

fn types_of(definitions: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let definitions = definitions.as_array().into_iter().flatten();
    definitions
        .map(|definition| (text(&definition["AttributeName"]), text(&definition["AttributeType"])))
        .collect()
}

fn definition(spec: &TableSpec) -> Value {
    let indexes = spec.indexes.iter().flat_map(|index| [Some(&index.hash), index.range.as_ref()]);
    let keys: BTreeMap<&str, &str> = [Some(&spec.hash), spec.range.as_ref()]
        .into_iter()
        .chain(indexes)
        .flatten()
        .map(|key| (key.attribute.as_str(), letter(key)))
        .collect();
    let attributes: Vec<Value> =
        keys.iter().map(|(name, letter)| json!({ "AttributeName": name, "AttributeType": letter })).collect();
    let mut definition = json!({
        "TableName": spec.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(&spec.hash, spec.range.as_ref()),
    });
    if !spec.indexes.is_empty() {
        definition["GlobalSecondaryIndexes"] = spec.indexes.iter().map(index_definition).collect();
    }
    if let Some(view) = spec.stream {
        definition["StreamSpecification"] = stream_definition(view);
    }
    definition
}

fn index_definition(index: &IndexSpec) -> Value {
    let projection = match &index.projection {
        Projection::All => json!({ "ProjectionType": "ALL" }),
        Projection::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
        Projection::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
    };
    json!({
        "IndexName": index.name,
        "KeySchema": key_schema(&index.hash, index.range.as_ref()),
        "Projection": projection,
    })
}

fn stream_definition(view: StreamView) -> Value {
    let view = match view {
        StreamView::KeysOnly => "KEYS_ONLY",
        StreamView::NewImage => "NEW_IMAGE",
        StreamView::OldImage => "OLD_IMAGE",
        StreamView::NewAndOldImages => "NEW_AND_OLD_IMAGES",
    };
    json!({ "StreamEnabled": true, "StreamViewType": view })
}

fn key_schema(hash: &Key, range: Option<&Key>) -> Value {
    let mut schema = vec![json!({ "AttributeName": hash.attribute, "KeyType": "HASH" })];
    schema.extend(range.map(|range| json!({ "AttributeName": range.attribute, "KeyType": "RANGE" })));
    Value::Array(schema)
}

fn letter(key: &Key) -> &'static str {
    match key.key_type {
        KeyType::S => "S",
        KeyType::N => "N",
        KeyType::B => "B",
    }
}

fn call(database: &Database, operation: &str, request: &Value) -> Result<Value, String> {
    match operation::answer(database, &std::cell::RefCell::default(), operation, &request.to_string()) {
        (200, body) => serde_json::from_str(&body).map_err(|error| error.to_string()),
        (_, body) => Err(format!("{operation} of {}: {body}", request["TableName"])),
    }
}
