//! Values: which may be stored, and in which form they come back.
//!
//! Sources: Guide, "Supported data types and naming rules in Amazon DynamoDB"; "Constraints in Amazon DynamoDB", of
//! partition and sort keys, data types and attributes; API, `AttributeValue`.

use super::case::{Case, case};
use super::place::{Place, TABLE};
use super::told::{invalid_request, plain};
use serde_json::{Value, json};

/// A value of the JSON protocol that comes back in this form, by plain values.
fn kept(name: &'static str, value: Value, documented: Value) -> Case {
    case(name, documented, move |at| put(at, value.clone()))
}

/// One that is refused.
fn refused(name: &'static str, value: Value) -> Case {
    kept(name, value, invalid_request())
}

async fn put(at: Place, value: Value) -> Value {
    let mut item = at.wire_key("a");
    item["value"] = value;
    let told = at.wire("PutItem", json!({ "TableName": TABLE, "Item": item })).await;
    if told.get("error").is_some() {
        return told;
    }
    let stored = at.store.get(TABLE, &at.key("a")).await.unwrap().unwrap();
    plain(&stored)["value"].take()
}

fn keys(name: &'static str, documented: Value, pk: usize, sk: usize) -> Case {
    case(name, documented, move |at| async move {
        // What makes the key this case's own is part of its length.
        let own = at.own("");
        let pk = if pk == 0 { String::new() } else { format!("{own}{}", "k".repeat(pk - own.len())) };
        let item = json!({ "pk": { "S": pk }, "sk": { "S": "k".repeat(sk) } });
        at.wire("PutItem", json!({ "TableName": TABLE, "Item": item })).await
    })
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = numbers();
    cases.extend(others());
    cases.extend(of_keys());
    cases
}

fn numbers() -> Vec<Case> {
    const FORM: &str = "Guide, data types: zeroes before and after are trimmed; moto keeps the text";
    const RANGE: &str = "Guide, data types, of numbers: 38 digits, 1E-130 to 9.9…E+125; moto keeps the text";
    let digits = "1234567890".repeat(4);
    let number = |text: &str| json!({ "N": text });
    vec![
        kept("38 digits are kept", number(&digits[..38]), number(&digits[..38])),
        refused("39 digits are not", number(&digits[..39])).moto(number(&digits[..39]), RANGE),
        kept("zeroes behind a fraction go", number("1.500"), number("1.5")).moto(number("1.500"), FORM),
        kept("zeroes before a number go", number("007"), json!(7)).moto(number("007"), FORM),
        kept("an exponent is written out", number("1E3"), json!(1_000)).moto(number("1E3"), FORM),
        kept("zero has no sign", number("-0"), json!(0)).moto(number("-0"), FORM),
        refused("a number beyond the range", number("1E126")).moto(number("1E126"), RANGE),
        refused("a number too near to zero", number("1E-131")),
        refused("a word is no number", number("NaN")),
    ]
}

fn others() -> Vec<Case> {
    let nested = |levels: usize| (0..levels).fold(json!({ "N": "1" }), |value, _| json!({ "L": [value] }));
    let plainly = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
    vec![
        kept("an empty text", json!({ "S": "" }), json!("")),
        kept("an empty map", json!({ "M": {} }), json!({})),
        kept("an empty list", json!({ "L": [] }), json!([])),
        kept("bytes", json!({ "B": "AAH/" }), json!({ "B": "AAH/" })),
        kept("a set, in any order", json!({ "SS": ["b", "a"] }), json!({ "SS": ["a", "b"] })),
        refused("an empty set", json!({ "SS": [] })),
        refused("a set with one element twice", json!({ "SS": ["a", "a"] }))
            .moto(json!({ "SS": ["a", "a"] }), "Guide, data types: each value of a set is unique"),
        kept("31 lists within each other", nested(31), plainly(31)),
        refused("40 lists within each other", nested(40))
            .moto(plainly(40), "Guide, Constraints, attributes: up to 32 levels deep"),
        refused("a value of two types", json!({ "S": "1", "N": "1" }))
            .moto(json!("1"), "API, AttributeValue: a union, of which one member is set"),
    ]
}

fn of_keys() -> Vec<Case> {
    const INDEX_KEY: &str =
        "Guide, Using Global Secondary Indexes: a put with another type of key is refused";
    vec![
        keys("a partition key of 2,048 bytes", json!({}), 2_048, 1),
        keys("a partition key of 2,049 bytes", invalid_request(), 2_049, 1),
        keys("an empty partition key", invalid_request(), 0, 1),
        keys("a sort key of 1,024 bytes", json!({}), 100, 1_024),
        keys("a sort key of 1,025 bytes", invalid_request(), 100, 1_025),
        keys("an empty sort key", invalid_request(), 100, 0),
        case("an item without its sort key", invalid_request(), |at| async move {
            let item = json!({ "pk": { "S": at.own("a") } });
            at.wire("PutItem", json!({ "TableName": TABLE, "Item": item })).await
        }),
        case("a key with more than its attributes", invalid_request(), |at| async move {
            let mut key = at.wire_key("a");
            key["n"] = json!({ "N": "1" });
            at.wire("GetItem", json!({ "TableName": TABLE, "Key": key })).await
        }),
        case("an index key of another type", invalid_request(), |at| async move {
            let mut item = at.wire_key("a");
            item["owner"] = json!({ "N": "1" });
            at.wire("PutItem", json!({ "TableName": TABLE, "Item": item })).await
        })
        .moto(json!({}), INDEX_KEY),
        case("an empty index key", invalid_request(), |at| async move {
            let mut item = at.wire_key("a");
            item["owner"] = json!({ "S": "" });
            at.wire("PutItem", json!({ "TableName": TABLE, "Item": item })).await
        }),
    ]
}
