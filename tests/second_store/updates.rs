//! Update expressions, each of an update that stands alone and of one within a transaction, and the item afterwards.
//!
//! Sources: Guide, "Using update expressions in DynamoDB"; API, `UpdateItem`; API, `TransactionCanceledException`: what
//! comes of an item cancels the transaction with `ValidationError` for that action.

use super::case::{Case, case};
use super::place::{Place, TABLE, with};
use scrip_store::Write;
use serde_json::{Value, json};

const REFUSED: &str = "broken: ValidationException";
const CANCELLED: &str = "broken: ValidationError";
/// Why moto's answer within a transaction is another.
const WHOLE_REQUEST: &str =
    "API, TransactionCanceledException, ValidationError; moto refuses the whole request";

/// An update that takes place and leaves this.
fn leaves(
    name: &'static str,
    item: Value,
    expression: &'static str,
    placeholders: Value,
    left: &Value,
) -> Case {
    let documented = json!([["done", left], ["done", left]]);
    case(name, documented, move |at| change(at, item.clone(), expression, placeholders.clone()))
}

/// One that the item does not bear.
fn unfit(name: &'static str, item: Value, expression: &'static str, placeholders: Value) -> Case {
    let documented = json!([[REFUSED, item], [CANCELLED, item]]);
    let moto = json!([[REFUSED, item], [REFUSED, item]]);
    case(name, documented, move |at| change(at, item.clone(), expression, placeholders.clone()))
        .moto(moto, WHOLE_REQUEST)
}

/// One that no item bears.
fn invalid(name: &'static str, expression: &'static str, placeholders: Value) -> Case {
    let item = json!({ "n": 1 });
    let documented = json!([[REFUSED, item], [REFUSED, item]]);
    case(name, documented, move |at| change(at, item.clone(), expression, placeholders.clone()))
}

async fn change(at: Place, item: Value, expression: &'static str, placeholders: Value) -> Value {
    let mut told = Vec::new();
    for (name, beside) in [("alone", None), ("within", Some(at.key("beside").to_item()))] {
        let key = at.key(name);
        if !item.is_null() {
            at.put(&key, &item).await;
        }
        let update = with(Write::update(TABLE, key.clone(), expression), &placeholders);
        let beside = beside.map(|item| Write::put(TABLE, item));
        let outcome = at.commit(beside.into_iter().chain([update])).await;
        told.push(json!([outcome, at.item(&key).await]));
    }
    json!(told)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = places();
    cases.extend(numbers());
    cases.extend(lists_and_maps());
    cases.extend(refused());
    cases
}

fn places() -> Vec<Case> {
    let one = || json!({ ":one": 1 });
    vec![
        leaves(
            "an update makes the item that is not there",
            Value::Null,
            "SET n = :one",
            one(),
            &json!({ "n": 1 }),
        ),
        leaves("so does one that removes", Value::Null, "REMOVE n", json!({}), &json!({})),
        leaves(
            "what is removed is gone",
            json!({ "n": 1, "m": 2 }),
            "REMOVE n",
            json!({}),
            &json!({ "m": 2 }),
        ),
        leaves(
            "what was not there may be removed",
            json!({ "m": 2 }),
            "REMOVE n",
            json!({}),
            &json!({ "m": 2 }),
        ),
        leaves(
            "assignments and removals go together",
            json!({ "m": 2 }),
            "SET n = :one REMOVE m",
            one(),
            &json!({ "n": 1 }),
        ),
        leaves("blanks before it say nothing", json!({ "m": 2 }), " REMOVE m", json!({}), &json!({})),
        leaves(
            "all expressions see the item of before",
            json!({ "a": 1, "b": 2 }),
            "SET a = b, b = a",
            json!({}),
            &json!({ "a": 2, "b": 1 }),
        ),
        leaves(
            "if_not_exists takes what is there",
            json!({ "n": 5 }),
            "SET n = if_not_exists(n, :one)",
            one(),
            &json!({ "n": 5 }),
        ),
        leaves(
            "a text may be empty",
            json!({}),
            "SET n = :empty",
            json!({ ":empty": "" }),
            &json!({ "n": "" }),
        ),
    ]
}

fn numbers() -> Vec<Case> {
    let one = || json!({ ":one": 1 });
    vec![
        leaves(
            "if_not_exists takes the other and adds",
            json!({}),
            "SET n = if_not_exists(n, :none) + :one",
            json!({ ":none": 0, ":one": 1 }),
            &json!({ "n": 1 }),
        ),
        leaves(
            "sums are exact beyond floats",
            json!({ "n": 9_007_199_254_740_993_i64 }),
            "SET n = n + :one",
            one(),
            &json!({ "n": 9_007_199_254_740_994_i64 }),
        ),
        leaves(
            "differences fall below zero",
            json!({ "n": 1 }),
            "SET n = n - :three",
            json!({ ":three": 3 }),
            &json!({ "n": -2 }),
        ),
        leaves(
            "a member of a map is counted",
            json!({ "m": { "a": 1 } }),
            "SET m.a = m.a - :one",
            one(),
            &json!({ "m": { "a": 0 } }),
        ),
        leaves("ADD begins at nothing", json!({}), "ADD n :one", one(), &json!({ "n": 1 })),
        unfit("nothing is added to what is missing", json!({}), "SET n = n + :one", one()),
        unfit("nothing is added to a text", json!({ "n": "x" }), "SET n = n + :one", one()),
    ]
}

fn lists_and_maps() -> Vec<Case> {
    let one = || json!({ ":one": 1 });
    let more = || json!({ ":more": [2] });
    vec![
        leaves(
            "a list is appended to",
            json!({ "l": [1] }),
            "SET l = list_append(l, :more)",
            more(),
            &json!({ "l": [1, 2] }),
        ),
        leaves(
            "a list that is not there is begun",
            json!({}),
            "SET l = list_append(if_not_exists(l, :none), :more)",
            json!({ ":none": [], ":more": [2] }),
            &json!({ "l": [2] }),
        ),
        leaves(
            "behind the end is the end",
            json!({ "l": [1] }),
            "SET l[9] = :one",
            one(),
            &json!({ "l": [1, 1] }),
        ),
        leaves(
            "places are those of before",
            json!({ "l": [1, 2, 3] }),
            "REMOVE l[0], l[1]",
            json!({}),
            &json!({ "l": [3] }),
        ),
        leaves(
            "a map gets a member of any name",
            json!({ "m": {} }),
            "SET m.#user = :one",
            json!({ "#user": "auth0|a.b@c", ":one": 1 }),
            &json!({ "m": { "auth0|a.b@c": 1 } }),
        ),
        leaves(
            "a map loses a member",
            json!({ "m": { "a": 1, "b": 2 } }),
            "REMOVE m.a",
            json!({}),
            &json!({ "m": { "b": 2 } }),
        ),
        leaves(
            "a member within a list is set",
            json!({ "l": [{ "q": 1 }] }),
            "SET l[0].q = :one",
            one(),
            &json!({ "l": [{ "q": 1 }] }),
        ),
        unfit("no list is appended to that is not there", json!({}), "SET l = list_append(l, :more)", more()),
        unfit("no member is set of a map that is not there", json!({}), "SET m.a = :one", one()),
    ]
}

fn refused() -> Vec<Case> {
    let one = || json!({ ":one": 1 });
    vec![
        invalid("paths that overlap", "SET m = :one, m.a = :one", one()),
        invalid("one path twice", "SET n = :one, n = :one", one()),
        invalid("two parts of one kind", "SET n = :one SET m = :one", one()),
        invalid("the partition key is not changed", "SET n = :one, pk = :one", one()),
        invalid("the sort key is not changed", "SET #key = :one", json!({ "#key": "sk", ":one": 1 })),
        invalid("the sort key is not removed", "REMOVE sk", json!({})),
    ]
}
