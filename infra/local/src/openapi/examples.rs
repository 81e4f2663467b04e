//! Examples: a type carries its own, and an operation shows those of its request and answer.

use serde_json::{Map, Value, json};

const EXAMPLES: &str = "examples";

/// Moves the examples of types to the operations that have them.
pub(super) fn attach(paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        if let Some(request) = operation.get_mut("requestBody") {
            show(request, schemas);
        }
        let answers = operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut);
        answers.for_each(|answer| show(answer, schemas));
    }
    for schema in schemas.values_mut().filter_map(Value::as_object_mut) {
        schema.shift_remove(EXAMPLES);
    }
}

fn show(part: &mut Value, schemas: &Map<String, Value>) {
    let contents = part.get_mut("content").and_then(Value::as_object_mut);
    for content in contents.into_iter().flat_map(Map::values_mut) {
        if let Some(example) = example(&content["schema"], schemas) {
            content["example"] = example;
        }
    }
}

fn example(schema: &Value, schemas: &Map<String, Value>) -> Option<Value> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    let named = schemas.get(name)?;
    if let Some(example) = named.get(EXAMPLES).and_then(|examples| examples.get(0)) {
        return Some(example.clone());
    }
    // A page is one of what it lists.
    let item = example(named.pointer("/properties/items/items")?, schemas)?;
    Some(json!({ "items": [item], "next": null }))
}
