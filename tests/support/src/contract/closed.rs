//! The document, made stricter than it is for clients: what it leaves open is refused in what our own system answers.

use serde_json::{Map, Value, json};

/// Words of JSON Schema that the document has. Any other would be passed over in silence if it were misspelt.
const WORDS: [&str; 31] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "not",
    "oneOf",
    "pattern",
    "properties",
    "propertyNames",
    "required",
    "title",
    "type",
    "uniqueItems",
    LIST,
    "x-maximum",
    "x-maximum-bytes",
    "x-minimum",
];
/// Lists the values that there are now. Clients are to be ready for others, we have none.
const LIST: &str = "x-extensible-enum";
/// Problems may come with members that their description does not name.
const OPEN: &str = "Problem";

/// The same document, whose schemas allow no member that they don't describe, and know the bounds of numbers' formats.
pub(super) fn closed(mut document: Value) -> Value {
    for (name, schema) in members(&mut document["components"]["schemas"]) {
        close(schema, name == OPEN);
    }
    for (_, answer) in members(&mut document["components"]["responses"]) {
        close_content(answer, true);
    }
    for (_, methods) in members(&mut document["paths"]) {
        for (_, operation) in members(methods) {
            close_content(&mut operation["requestBody"], false);
            for (status, answer) in members(&mut operation["responses"]) {
                close_content(answer, !status.starts_with('2'));
            }
        }
    }
    document
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

fn close_content(part: &mut Value, is_open: bool) {
    if let Some(content) = part.get_mut("content") {
        members(content)
            .filter_map(|(_, content)| content.get_mut("schema"))
            .for_each(|schema| close(schema, is_open));
    }
}

fn close(schema: &mut Value, is_open: bool) {
    let Some(words) = schema.as_object_mut() else { return };
    if let Some(word) = words.keys().find(|word| !WORDS.contains(&word.as_str())) {
        panic!("the word {word} is not known here");
    }
    bound(words);
    if let Some(values) = words.remove(LIST) {
        words.insert("enum".to_owned(), values);
    }
    // What stands beside a reference narrows it; what it refers to is closed by itself.
    if words.contains_key("properties") && !words.contains_key("$ref") && !is_open {
        words.entry("additionalProperties").or_insert(json!(false));
    }
    for (word, rule) in words {
        match word.as_str() {
            "items" | "additionalProperties" => close(rule, is_open),
            "properties" => members(rule).for_each(|(_, schema)| close(schema, is_open)),
            "allOf" | "anyOf" | "oneOf" => {
                rule.as_array_mut().into_iter().flatten().for_each(|schema| close(schema, is_open));
            }
            _ => {}
        }
    }
}

/// Formats of numbers are only hints to JSON Schema. Here they are what they say.
fn bound(words: &mut Map<String, Value>) {
    let (least, most) = match words.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("uint" | "uint64") => (json!(0), json!(u64::MAX)),
        _ => return,
    };
    words.remove("format");
    words.entry("minimum").or_insert(least);
    words.entry("maximum").or_insert(most);
}
