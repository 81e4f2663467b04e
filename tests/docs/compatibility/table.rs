//! Changes of a small document, and whether they break its clients.

use super::{breaks, is_breaking_version};
use serde_json::{Value, json};

fn document() -> Value {
    let money = json!({
        "type": "object",
        "required": ["amount"],
        "properties": { "amount": { "type": "integer", "format": "int64" } },
    });
    let request = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "minLength": 2, "maxLength": 10 },
            "size": { "type": ["integer", "null"], "format": "int32", "minimum": 1, "maximum": 5 },
            "kind": { "type": "string", "enum": ["a", "b"] },
            "lasts": { "type": "string", "format": "duration", "x-minimum": "PT1M", "x-maximum": "P7D" },
            "price": { "$ref": "#/components/schemas/Money", "properties": { "amount": { "minimum": 1 } } },
            "parts": { "type": "array", "maxItems": 3, "items": { "type": "string", "pattern": "^x" } },
        },
    });
    let answer = json!({
        "type": "object",
        "required": ["id", "status"],
        "properties": {
            "id": { "type": "string" },
            "status": { "type": "string", "enum": ["open", "closed"] },
            "why": { "type": "string", "x-extensible-enum": ["late"] },
            "count": { "type": "integer", "format": "int32" },
            "at": { "type": "string", "format": "date-time" },
            "price": { "anyOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }] },
            "tags": { "type": "array", "items": { "type": "string" } },
        },
    });
    let content = |name: &str| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    json!({
        "info": { "version": "0.1.0" },
        "paths": { "/things": { "post": {
            "operationId": "make-thing",
            "tags": ["things"],
            "x-callers": ["user", "terminal"],
            "x-problem-codes": ["not-found", "busy"],
            "parameters": [
                { "name": "limit", "in": "query", "schema": { "type": "integer", "maximum": 100, "default": 20 } },
                { "$ref": "#/components/parameters/Key" },
            ],
            "requestBody": { "required": true, "content": content("MakeThingRequest") },
            "responses": {
                "201": { "headers": { "Replayed": {} }, "content": content("Thing") },
                "404": { "$ref": "#/components/responses/NotFound" },
            },
        } } },
        "components": {
            "parameters": { "Key": { "name": "Key", "in": "header", "required": true, "schema": { "type": "string" } } },
            "responses": { "NotFound": { "content": content("Money") } },
            "schemas": { "MakeThingRequest": request, "Thing": answer, "Money": money },
        },
    })
}

/// Puts a value at a place, or takes away what is there.
fn with(edits: &[(&str, Value)]) -> Value {
    let mut document = document();
    for (pointer, value) in edits {
        let pointer = pointer
            .replace("~op", "/paths/~1things/post")
            .replace("~in", "/components/schemas/MakeThingRequest")
            .replace("~out", "/components/schemas/Thing");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = &name.replace("~1", "/");
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing is at {parent}"));
        match (parent, value) {
            (Value::Object(members), Value::Null) => drop(members.remove(name).unwrap()),
            (Value::Object(members), value) => drop(members.insert(name.to_owned(), value.clone())),
            (Value::Array(elements), Value::Null) => drop(elements.remove(name.parse().unwrap())),
            (parent, value) => parent[name.parse::<usize>().unwrap()] = value.clone(),
        }
    }
    document
}

const GONE: Value = Value::Null;

fn breaking() -> Vec<(&'static str, Value, &'static str)> {
    let open = json!({ "type": "string" });
    vec![
        ("/paths/~1things", GONE, "POST /things: is gone"),
        ("~op/operationId", json!("create-thing"), "the name is"),
        ("~op/tags", json!(["stuff"]), "the tag is"),
        ("~op/x-callers", json!(["user"]), "is no longer for the caller terminal"),
        ("~op/x-problem-codes", json!(["busy", "gone"]), "no longer refuses with not-found"),
        ("~op/parameters/0", GONE, "the query parameter limit is gone"),
        ("~op/parameters/0/required", json!(true), "the query parameter limit is required now"),
        ("~op/parameters/0/schema/maximum", json!(50), "limit: maximum is 50 now"),
        ("~op/parameters/0/schema/default", json!(50), "limit: the default is 50 now"),
        ("/components/parameters/Key/schema/maxLength", json!(5), "Key: maxLength is 5 now"),
        ("~op/requestBody", GONE, "takes no body any more"),
        ("~op/responses/404", GONE, "no longer answers 404"),
        ("~op/responses/202", json!({}), "answers 202 now"),
        ("~op/responses/201/headers/Replayed", GONE, "201 no longer has the header Replayed"),
        ("~op/responses/201/content/application~1json", GONE, "201: application/json is gone"),
        ("~in/required", json!(["name", "size"]), "request: the member size is required now"),
        ("~in/properties/size", GONE, "request: the member size is no longer taken"),
        ("~in/properties/size/type", json!("integer"), "no longer takes one of its alternatives"),
        ("~in/properties/size/minimum", json!(2), "request/size: minimum is 2 now"),
        ("~in/properties/size/maximum", json!(4), "request/size: maximum is 4 now"),
        ("~in/properties/name/type", json!("integer"), "was \"string\" and is \"integer\""),
        ("~in/properties/name/minLength", json!(3), "request/name: minLength is 3 now"),
        ("~in/properties/name/pattern", json!("^a"), "request/name: pattern is"),
        ("~in/properties/name/format", json!("uuid"), "request/name: had the format none and has uuid"),
        ("~in/properties/name/multipleOf", json!(2), "has the word multipleOf, which is not compared"),
        ("~in/properties/kind/enum", json!(["a"]), "request/kind: no longer takes \"b\""),
        ("~in/properties/name/enum", json!(["abc"]), "request/name: takes some values alone now"),
        ("~in/properties/lasts/x-maximum", json!("P6D"), "request/lasts: x-maximum is \"P6D\" now"),
        (
            "~in/properties/price/properties/amount/minimum",
            json!(2),
            "request/price/amount: minimum is 2 now",
        ),
        (
            "~in/properties/price/properties/amount/maximum",
            json!(9),
            "request/price/amount: maximum is 9 now",
        ),
        ("~in/properties/parts/maxItems", json!(2), "request/parts: maxItems is 2 now"),
        ("~in/properties/parts/uniqueItems", json!(true), "request/parts: uniqueItems is true now"),
        ("~in/properties/parts/items/pattern", json!("^y"), "request/parts/*: pattern is"),
        ("~out/properties/count", GONE, "201: the member count is gone"),
        ("~out/required", json!(["id"]), "201: the member status may be missing now"),
        ("~out/properties/id/type", json!("integer"), "201/id: was \"string\" and is \"integer\""),
        ("~out/properties/id/type", json!(["string", "null"]), "201/id: has an alternative more"),
        ("~out/properties/status/enum", json!(["open", "closed", "lost"]), "201/status: may be \"lost\" now"),
        ("~out/properties/status", open, "201/status: may be any value now"),
        ("~out/properties/count/format", json!("int64"), "201/count: had the format int32 and has int64"),
        ("~out/properties/at/format", GONE, "201/at: had the format date-time and has none"),
        ("~out/properties/tags/items/type", json!("integer"), "201/tags/*: was"),
        ("/components/schemas/Money/properties/amount", GONE, "/price: the member amount is gone"),
    ]
}

fn compatible() -> Vec<(&'static str, Value)> {
    vec![
        ("/paths/~1others", json!({ "get": { "operationId": "list-others" } })),
        ("/components/schemas/Other", json!({ "type": "string" })),
        ("~op/description", json!("Another one.")),
        ("~op/x-callers", json!(["user", "terminal", "pos"])),
        ("~op/x-problem-codes", json!(["not-found", "busy", "too-late"])),
        ("~op/responses/409", json!({})),
        ("~op/requestBody/required", json!(false)),
        ("~op/parameters/0/schema/maximum", json!(200)),
        ("/components/parameters/Key/required", json!(false)),
        ("~in/required", json!([])),
        ("~in/properties/more", json!({ "type": "string" })),
        ("~in/properties/size/minimum", json!(0)),
        ("~in/properties/size/maximum", GONE),
        ("~in/properties/size/format", json!("int64")),
        ("~in/properties/name/type", json!(["string", "null"])),
        ("~in/properties/name/maxLength", json!(20)),
        ("~in/properties/kind/enum", json!(["a", "b", "c"])),
        ("~in/properties/lasts/x-maximum", json!("P8D")),
        ("~in/properties/price/properties/amount/minimum", json!(0)),
        ("~in/properties/parts/items/pattern", GONE),
        ("~out/required", json!(["id", "status", "count"])),
        ("~out/properties/more", json!({ "type": "string" })),
        ("~out/properties/status/enum", json!(["open"])),
        ("~out/properties/why/x-extensible-enum", json!(["late", "early"])),
        ("~out/properties/id/maxLength", json!(5)),
        ("~out/properties/price", json!({ "$ref": "#/components/schemas/Money" })),
    ]
}

#[test]
fn what_breaks_a_client_is_found() {
    for (pointer, value, expected) in breaking() {
        let found = breaks(&document(), &with(&[(pointer, value.clone())]));
        assert!(found.iter().any(|what| what.contains(expected)), "{pointer} {value}: {found:#?}");
    }
}

#[test]
fn what_is_added_breaks_no_client() {
    assert_eq!(breaks(&document(), &document()), [""; 0]);
    for (pointer, value) in compatible() {
        let found = breaks(&document(), &with(&[(pointer, value.clone())]));
        assert!(found.is_empty(), "{pointer} {value}: {found:#?}");
    }
}

#[test]
fn a_type_of_another_name_breaks_clients_that_were_generated() {
    let text =
        document().to_string().replace("schemas/Thing", "schemas/Item").replace("\"Thing\"", "\"Item\"");
    assert_eq!(breaks(&document(), &serde_json::from_str(&text).unwrap()), ["the type Thing is gone"]);
}

#[test]
fn a_version_says_whether_it_breaks() {
    let is_breaking = |before: &str, after: &str| {
        let of = |version: &str| json!({ "info": { "version": version } });
        is_breaking_version(&of(before), &of(after))
    };
    for (before, after) in [("0.1.0", "0.2.0"), ("0.9.3", "1.0.0"), ("1.4.0", "2.0.0")] {
        assert!(is_breaking(before, after), "{before} {after}");
    }
    for (before, after) in
        [("0.1.0", "0.1.0"), ("0.1.0", "0.1.1"), ("1.4.0", "1.5.0"), ("2.0.0", "1.0.0"), ("1", "2")]
    {
        assert!(!is_breaking(before, after), "{before} {after}");
    }
}
