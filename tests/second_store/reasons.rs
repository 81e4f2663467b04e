//! Why a transaction was cancelled, and what comes with it, as the protocol tells it.
//!
//! Sources: API, `CancellationReason`: one for each action, in the order of the request; API,
//! `TransactionCanceledException`, of codes and messages; API, "Put", of `ReturnValuesOnConditionCheckFailure`.

use super::case::{Case, case};
use super::place::{Place, TABLE};
use super::told::invalid_request;
use serde_json::{Value, json};

const NEW: &str = "attribute_not_exists(pk)";

/// A put of one attribute, on condition that the item is new.
fn put_new(at: &Place, name: &str, returned: Option<&str>) -> Value {
    let mut item = at.wire_key(name);
    item["n"] = json!({ "N": "9" });
    json!({ "Put": { "TableName": TABLE, "Item": item, "ConditionExpression": NEW,
        "ReturnValuesOnConditionCheckFailure": returned } })
}

fn check(at: &Place, name: &str) -> Value {
    json!({ "ConditionCheck": { "TableName": TABLE, "Key": at.wire_key(name),
        "ConditionExpression": "attribute_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD" } })
}

fn add(at: &Place, name: &str) -> Value {
    json!({ "Update": { "TableName": TABLE, "Key": at.wire_key(name), "UpdateExpression": "SET n = n + :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } } } })
}

async fn transact(at: &Place, actions: Value) -> Value {
    at.wire("TransactWriteItems", json!({ "TransactItems": actions })).await
}

fn cancelled(reasons: Value) -> Value {
    let mut told = json!({ "error": "TransactionCanceledException" });
    told["reasons"] = reasons;
    told
}

fn none() -> Value {
    json!({ "Code": "None" })
}

fn failed(item: Option<&str>) -> Value {
    let mut reason = json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" });
    if let Some(pk) = item {
        reason["Item"] = json!({ "pk": { "S": pk }, "sk": { "S": "-" }, "n": { "N": "1" } });
    }
    reason
}

fn unfit(message: &str) -> Value {
    json!({ "Code": "ValidationError", "Message": message })
}

async fn there(at: &Place, names: &[&str]) {
    for name in names {
        at.put(&at.key(name), &json!({ "n": 1 })).await;
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = conditions();
    cases.extend(items());
    cases
}

fn conditions() -> Vec<Case> {
    let documented = cancelled(json!([failed(None), failed(Some("z")), none(), failed(Some("a")), none()]));
    vec![
        case("a reason for each action, in its order", documented, |at| async move {
            there(&at, &["z", "a", "c"]).await;
            let put = |name| put_new(&at, name, Some("ALL_OLD"));
            transact(&at, json!([check(&at, "x"), put("z"), put("m"), put("a"), check(&at, "c")])).await
        }),
        case("no item where none is asked for", cancelled(json!([failed(None), none()])), |at| async move {
            there(&at, &["a"]).await;
            transact(&at, json!([put_new(&at, "a", None), put_new(&at, "b", Some("ALL_OLD"))])).await
        }),
        case("NONE asks for none", cancelled(json!([failed(None)])), |at| async move {
            there(&at, &["a"]).await;
            transact(&at, json!([put_new(&at, "a", Some("NONE"))])).await
        }),
        case("one action is a transaction", cancelled(json!([failed(Some("a"))])), |at| async move {
            there(&at, &["a"]).await;
            transact(&at, json!([put_new(&at, "a", Some("ALL_OLD"))])).await
        }),
        case("no action is none", invalid_request(), |at| async move { transact(&at, json!([])).await })
            .moto(json!({}), "API, TransactWriteItems, TransactItems: at least 1"),
        case("an element has one action", invalid_request(), |at| async move {
            let (mut both, delete) =
                (put_new(&at, "a", None), json!({ "TableName": TABLE, "Key": at.wire_key("b") }));
            both["Delete"] = delete;
            transact(&at, json!([both])).await
        }),
    ]
}

fn items() -> Vec<Case> {
    const MISSING: &str = "The provided expression refers to an attribute that does not exist in the item";
    const TYPE: &str = "An operand in the update expression has an incorrect data type";
    const WHOLE: &str = "API, TransactionCanceledException, ValidationError; moto refuses the whole request";
    let alone = json!({ "error": "ConditionalCheckFailedException", "item": {
        "pk": { "S": "a" }, "sk": { "S": "-" }, "n": { "N": "1" } } });
    vec![
        case("an item without the attribute", cancelled(json!([none(), unfit(MISSING)])), |at| async move {
            at.put(&at.key("a"), &json!({})).await;
            transact(&at, json!([put_new(&at, "b", None), add(&at, "a")])).await
        })
        .moto(invalid_request(), WHOLE),
        case(
            "an item with another type, beside a condition",
            cancelled(json!([unfit(TYPE), failed(Some("b"))])),
            |at| async move {
                at.put(&at.key("a"), &json!({ "n": "text" })).await;
                there(&at, &["b"]).await;
                transact(&at, json!([add(&at, "a"), put_new(&at, "b", Some("ALL_OLD"))])).await
            },
        )
        .moto(invalid_request(), WHOLE),
        case("a write that stands alone tells the item as well", alone, |at| async move {
            there(&at, &["a"]).await;
            let mut put = put_new(&at, "a", Some("ALL_OLD"))["Put"].take();
            put["Item"]["n"] = json!({ "N": "2" });
            at.wire("PutItem", put).await
        }),
        case(
            "and no item if it is not asked for",
            json!({ "error": "ConditionalCheckFailedException" }),
            |at| async move {
                there(&at, &["a"]).await;
                at.wire("PutItem", put_new(&at, "a", None)["Put"].take()).await
            },
        ),
    ]
}
