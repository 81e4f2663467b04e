//! Conditions, each of a write that stands alone and of one within a transaction.
//!
//! Sources: Guide, "Condition and filter expressions, operators, and functions in DynamoDB", "DynamoDB condition
//! expression CLI example", "Expression attribute names (aliases) in DynamoDB".

use super::case::{Case, case};
use super::place::{Place, TABLE, with};
use super::told::invalid_request;
use scrip_store::{Key, Write};
use serde_json::{Value, json};

/// An item for which the condition holds; null for none.
pub(super) fn holds(name: &'static str, item: Value, condition: &'static str, placeholders: Value) -> Case {
    judged(name, json!(["done", "done"]), item, condition, placeholders)
}

/// An item for which it does not: the item comes back, as `ReturnValuesOnConditionCheckFailure` asks for.
pub(super) fn fails(name: &'static str, item: Value, condition: &'static str, placeholders: Value) -> Case {
    let documented = json!([{ "refused": 0, "item": item }, { "refused": 1, "item": item }]);
    judged(name, documented, item, condition, placeholders)
}

/// A condition that is none, whatever the item.
pub(super) fn invalid(name: &'static str, condition: &'static str, placeholders: Value) -> Case {
    let documented = json!(["broken: ValidationException", "broken: ValidationException"]);
    judged(name, documented, json!({ "n": 3 }), condition, placeholders)
}

fn judged(
    name: &'static str,
    documented: Value,
    item: Value,
    condition: &'static str,
    placeholders: Value,
) -> Case {
    case(name, documented, move |at| judge(at, item.clone(), condition, placeholders.clone()))
}

async fn judge(at: Place, item: Value, condition: &'static str, placeholders: Value) -> Value {
    let (alone, within) = (at.key("alone"), at.key("within"));
    for key in [&alone, &within] {
        if !item.is_null() {
            at.put(key, &item).await;
        }
    }
    let write = |key: Key| {
        let write = Write::update(TABLE, key, "SET judged = :judged").value(":judged", true);
        with(write.when(condition), &placeholders)
    };
    let first = at.commit([write(alone)]).await;
    let beside = Write::put(TABLE, at.key("beside").to_item());
    json!([first, at.commit([beside, write(within)]).await])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = existence();
    cases.extend(structure());
    cases.extend(requests());
    cases.extend(paths());
    cases
}

fn existence() -> Vec<Case> {
    vec![
        fails("an item that is not there does not exist", Value::Null, "attribute_exists(pk)", json!({})),
        holds("an item that is not there may be made", Value::Null, "attribute_not_exists(pk)", json!({})),
        fails("an item that is there is not made", json!({ "n": 1 }), "attribute_not_exists(pk)", json!({})),
        case("an item beside it, in its partition, is another", json!("done"), |at| async move {
            at.put(&at.key_at("a", "one"), &json!({})).await;
            at.commit([Write::put_new(TABLE, at.key_at("a", "other").to_item())]).await
        }),
        fails("what is missing equals nothing", json!({}), "n = :one", json!({ ":one": 1 })),
        holds("what is missing differs from anything", json!({}), "n <> :one", json!({ ":one": 1 })),
        fails("what is missing is not less", json!({}), "n < :one", json!({ ":one": 1 })),
        holds("what is missing is not less, denied", json!({}), "NOT n < :one", json!({ ":one": 1 })),
    ]
}

fn structure() -> Vec<Case> {
    let one_two = || json!({ ":one": 1, ":two": 2 });
    vec![
        holds("AND binds before OR", json!({ "n": 1 }), "n = :one OR n = :two AND n = :two", one_two()),
        fails("parentheses bind first", json!({ "n": 1 }), "(n = :one OR n = :two) AND n = :two", one_two()),
        fails("NOT binds before AND", json!({ "n": 1 }), "NOT n = :one AND n <> :two", one_two()),
        fails(
            "a condition of many parts fails by its last",
            json!({ "n": 1, "m": 1 }),
            "attribute_exists(pk) AND n = :one AND m = :two",
            one_two(),
        ),
        invalid("a reserved word is no name", "status = :one", json!({ ":one": 1 })),
        holds(
            "a placeholder stands for a reserved word",
            json!({ "status": "open" }),
            "#status = :open",
            json!({ "#status": "status", ":open": "open" }),
        ),
        invalid("parentheses around parentheses are refused", "((n = :one))", json!({ ":one": 1 })),
        invalid("an operator that there is not", "n == :one", json!({ ":one": 1 }))
            .moto_fails("moto's own parser ends in Python"),
    ]
}

/// Conditions that `shared/store` does not send.
fn requests() -> Vec<Case> {
    const EMPTY: &str =
        "DynamoDB: Invalid ConditionExpression, The expression can not be empty; moto takes it for none";
    const OPERANDS: &str =
        "Guide, Constraints, expression parameters; not counted, and no expression of ours has IN";
    let failed = || json!({ "error": "ConditionalCheckFailedException" });
    vec![
        case("an empty condition is refused", invalid_request(), |at| async move {
            let put = json!({ "TableName": TABLE, "Item": at.wire_key("a"), "ConditionExpression": "" });
            at.wire("PutItem", put).await
        })
        .moto(json!({}), EMPTY),
        case("values that no expression uses are refused", invalid_request(), |at| async move {
            let mut update =
                json!({ "TableName": TABLE, "Key": at.wire_key("a"), "UpdateExpression": "SET n = :n" });
            update["ExpressionAttributeValues"] = json!({ ":n": { "N": "1" }, ":unused": { "N": "1" } });
            at.wire("UpdateItem", update).await
        }),
        case("no more than 100 operands of IN", invalid_request(), |at| async move {
            let names: Vec<_> = (0..101).map(|place| format!(":v{place}")).collect();
            let values: Value = names.iter().map(|name| (name.clone(), json!({ "N": "1" }))).collect();
            let mut delete = json!({ "TableName": TABLE, "Key": at.wire_key("a") });
            delete["ConditionExpression"] = json!(format!("n IN ({})", names.join(", ")));
            delete["ExpressionAttributeValues"] = values;
            at.wire("DeleteItem", delete).await
        })
        .ours(failed(), OPERANDS)
        .moto(failed(), OPERANDS),
    ]
}

fn paths() -> Vec<Case> {
    let odd = "auth0|a.b-c@d";
    vec![
        holds("a path leads into a map", json!({ "m": { "a": 1 } }), "m.a = :one", json!({ ":one": 1 })),
        holds("a path leads into a list", json!({ "l": [5, 1] }), "l[1] = :one", json!({ ":one": 1 })),
        holds(
            "a path leads through list and map",
            json!({ "l": [{ "a": { "b": 1 } }] }),
            "l[0].a.b = :one",
            json!({ ":one": 1 }),
        ),
        holds("nothing is where a path breaks off", json!({}), "attribute_not_exists(m.a)", json!({})),
        fails(
            "nothing is behind the end of a list",
            json!({ "l": [1] }),
            "attribute_exists(l[1])",
            json!({}),
        ),
        holds(
            "a member's name may have any signs",
            json!({ "m": { odd: 1 } }),
            "m.#user = :one",
            json!({ "#user": odd, ":one": 1 }),
        ),
        fails(
            "a dot in a name is no path",
            json!({ "a": { "b": 1 } }),
            "#name = :one",
            json!({ "#name": "a.b", ":one": 1 }),
        ),
        holds(
            "the keys of an index may be compared",
            json!({ "owner": "o", "opened": "1" }),
            "#owner = :o",
            json!({ "#owner": "owner", ":o": "o" }),
        ),
    ]
}
