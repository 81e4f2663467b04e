//! What is equal, less, within and contained.
//!
//! Sources: Guide, "Condition and filter expressions, operators, and functions in DynamoDB"; "Supported data types and
//! naming rules in Amazon DynamoDB", of strings (in order of their bytes in UTF-8) and numbers.

use super::case::Case;
use super::conditions::{fails, holds, invalid};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = values();
    cases.extend(within());
    cases.extend(functions());
    cases
}

fn values() -> Vec<Case> {
    let one = || json!({ ":one": 1 });
    vec![
        fails("a text is no number", json!({ "n": "1" }), "n = :one", one()),
        holds("a text differs from a number", json!({ "n": "1" }), "n <> :one", one()),
        fails("a text is not less than a number", json!({ "n": "0" }), "n < :one", one())
            .moto_fails("moto compares the two in Python"),
        holds("numbers are compared as numbers", json!({ "n": 10 }), "n > :nine", json!({ ":nine": 9 })),
        holds(
            "numbers beyond floats are told apart",
            json!({ "n": 9_007_199_254_740_993_i64 }),
            "n > :even",
            json!({ ":even": 9_007_199_254_740_992_i64 }),
        ),
        holds("negative numbers come first", json!({ "n": -2 }), "n < :other", json!({ ":other": -1 })),
        holds("texts are compared by their bytes", json!({ "n": "ä" }), "n > :z", json!({ ":z": "z" })),
        holds(
            "and not by units of UTF-16",
            json!({ "n": "\u{1f600}" }),
            "n > :wide",
            json!({ ":wide": "\u{ffee}" }),
        ),
        fails("upper case comes before lower case", json!({ "n": "B" }), "n > :a", json!({ ":a": "a" })),
        holds("one attribute is compared with another", json!({ "n": 2, "m": 2 }), "n >= m", json!({})),
        holds("truths are equal", json!({ "n": true }), "n = :true", json!({ ":true": true })),
        holds("nulls are equal", json!({ "n": null }), "n = :null", json!({ ":null": null })),
        holds(
            "maps are equal by their members",
            json!({ "n": { "a": 1, "b": [2] } }),
            "n = :map",
            json!({ ":map": { "b": [2], "a": 1 } }),
        ),
        fails(
            "lists are equal in their order",
            json!({ "n": [1, 2] }),
            "n = :list",
            json!({ ":list": [2, 1] }),
        ),
    ]
}

fn within() -> Vec<Case> {
    let between = |from: i64, to: i64| json!({ ":from": from, ":to": to });
    vec![
        holds("BETWEEN has its upper bound", json!({ "n": 3 }), "n BETWEEN :from AND :to", between(1, 3)),
        holds("BETWEEN has its lower bound", json!({ "n": 3 }), "n BETWEEN :from AND :to", between(3, 4)),
        holds(
            "a value is between attributes",
            json!({ "n": 1, "m": 3 }),
            ":two BETWEEN n AND m",
            json!({ ":two": 2 }),
        ),
        holds("IN finds one of its operands", json!({ "n": 3 }), "n IN (:from, :to)", between(1, 3)),
        fails("IN finds none", json!({ "n": 2 }), "n IN (:from, :to)", between(1, 3)),
    ]
}

fn functions() -> Vec<Case> {
    let steps = || json!({ "a": { "steps": [7, 8] } });
    vec![
        holds("a list contains a number", steps(), "contains(a.steps, :step)", json!({ ":step": 8 })),
        fails("a list does not contain it", steps(), "NOT contains(a.steps, :step)", json!({ ":step": 8 })),
        fails(
            "a list of numbers contains no text",
            steps(),
            "contains(a.steps, :step)",
            json!({ ":step": "8" }),
        ),
        holds(
            "a text contains a part",
            json!({ "n": "abc" }),
            "contains(n, :part)",
            json!({ ":part": "bc" }),
        ),
        holds("a list has a size", steps(), "size(a.steps) < :most", json!({ ":most": 3 })),
        fails("which is not less than itself", steps(), "size(a.steps) < :most", json!({ ":most": 2 })),
        holds(
            "a map has a size",
            json!({ "m": { "a": 1 } }),
            "(attribute_exists(m.b) OR size(m) < :most)",
            json!({ ":most": 2 }),
        ),
        fails("what is missing has no size", json!({}), "size(m) < :most", json!({ ":most": 2 }))
            .moto_fails("moto measures nothing in Python"),
        holds(
            "a text begins with another",
            json!({ "n": "abc" }),
            "begins_with(n, :ab)",
            json!({ ":ab": "ab" }),
        ),
        fails(
            "a number begins with nothing",
            json!({ "n": 12 }),
            "begins_with(n, :one)",
            json!({ ":one": "1" }),
        ),
        holds(
            "a number has its type",
            json!({ "n": 12 }),
            "attribute_type(n, :type)",
            json!({ ":type": "N" }),
        ),
        invalid("a function that there is not", "length(n) = :one", json!({ ":one": 1 })),
        fails("an item that is not there has no attributes", Value::Null, "attribute_exists(n)", json!({})),
    ]
}
