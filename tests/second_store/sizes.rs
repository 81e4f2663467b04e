//! How much an item and a transaction may hold.
//!
//! Source: Guide, "Constraints in Amazon DynamoDB" (1 KB is 1,024 bytes), of items, transactions and expression
//! parameters; "DynamoDB item sizes and formats"; API, `TransactWriteItems`.

use super::case::{Case, case};
use super::place::{Place, TABLE, with};
use super::told::invalid_request;
use scrip_store::{Write, encode};
use serde_json::{Value, json};

const ITEM_BYTES: usize = 400 * 1_024;
/// What the store adds to an item that is written alone: the name and the text of its mark.
const STAMP_BYTES: usize = "stamp".len() + 16;
const TRANSACTION_BYTES: usize = 4 * 1_024 * 1_024;
const MOTO_ITEM: &str = "Guide, item sizes: names and values; moto counts the signs of JSON as well";

/// An item whose names and values have as many bytes.
async fn put_of(at: Place, bytes: usize) -> Value {
    let key = at.key("a");
    let rest = STAMP_BYTES + "pk".len() + key.pk.len() + "sk".len() + key.sk.len() + "t".len();
    let item = json!({ "t": "t".repeat(bytes - rest) });
    at.commit([Write::put(TABLE, encode(&key, &item).unwrap())]).await
}

/// As many puts of as many bytes of text in one transaction, and how many items there are then.
async fn puts(at: Place, count: usize, bytes: usize) -> Value {
    let keys: Vec<_> = (0..count).map(|place| at.key(&place.to_string())).collect();
    let item = json!({ "t": "t".repeat(bytes) });
    let writes: Vec<_> = keys.iter().map(|key| Write::put(TABLE, encode(key, &item).unwrap())).collect();
    let told = at.commit(writes).await;
    let mut stored = 0;
    for key in [&keys[0], &keys[count - 1]] {
        stored += usize::from(!at.item(key).await.is_null());
    }
    json!([told, stored])
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = items();
    cases.extend(transactions());
    cases
}

fn items() -> Vec<Case> {
    vec![
        case("an item of 400 KB", json!("done"), |at| put_of(at, ITEM_BYTES))
            .moto(json!("broken: ValidationException"), MOTO_ITEM),
        case("an item of one byte more", json!("broken: ValidationException"), |at| {
            put_of(at, ITEM_BYTES + 1)
        }),
        case(
            "an update beyond 400 KB",
            json!(["broken: ValidationException", "broken: ValidationError"]),
            |at| async move {
                let key = at.key("a");
                at.put(&key, &json!({ "t": "t".repeat(300_000) })).await;
                let grow = || {
                    let update = Write::update(TABLE, key.clone(), "SET u = :u");
                    with(update, &json!({ ":u": "u".repeat(200_000) }))
                };
                let alone = at.commit([grow()]).await;
                json!([alone, at.commit([Write::put(TABLE, at.key("b").to_item()), grow()]).await])
            },
        )
        .moto(
            json!(["broken: ValidationException", "broken: ValidationException"]),
            "API, TransactionCanceledException, ValidationError; moto refuses the whole request",
        ),
        case("an expression of 4 KB", json!([{}, { "error": "ValidationException" }]), |at| async move {
            let mut told = Vec::new();
            for bytes in [4_096, 4_097] {
                let update = json!({ "TableName": TABLE, "Key": at.wire_key("a"),
                    "UpdateExpression": format!("{:bytes$}", "REMOVE n") });
                told.push(at.wire("UpdateItem", update).await);
            }
            json!(told)
        })
        .moto(json!([{}, {}]), "Guide, Constraints, expression parameters: the longest expression has 4 KB"),
    ]
}

fn transactions() -> Vec<Case> {
    let twice = json!("broken: ValidationException");
    vec![
        case("a transaction of 100 items", json!(["done", 2]), |at| puts(at, 100, 1)),
        // It is not even sent.
        case("a transaction of 101 items", json!(["too-many", 0]), |at| puts(at, 101, 1)),
        case("which the store refuses, too", invalid_request(), |at| async move {
            let put =
                |place| json!({ "Put": { "TableName": TABLE, "Item": at.wire_key(&format!("{place}")) } });
            at.wire("TransactWriteItems", json!({ "TransactItems": (0..101).map(put).collect::<Vec<_>>() }))
                .await
        }),
        case("a transaction of nearly 4 MB", json!(["done", 2]), |at| {
            puts(at, 16, TRANSACTION_BYTES / 16 - 200)
        }),
        case("a transaction of more", json!(["broken: ValidationException", 0]), |at| {
            puts(at, 16, TRANSACTION_BYTES / 16)
        })
        .moto(
            json!(["done", 2]),
            "API, TransactWriteItems: the items together are no more than 4 MB; moto does not add up",
        ),
        case("two writes of one item", twice.clone(), |at| async move {
            let update = Write::update(TABLE, at.key("a"), "REMOVE n");
            at.commit([Write::put(TABLE, at.key("a").to_item()), update]).await
        }),
        case("a check and a write of one item", twice, |at| async move {
            let check = Write::check(TABLE, at.key("a")).when("attribute_not_exists(pk)");
            at.commit([check, Write::put(TABLE, at.key("a").to_item())]).await
        }),
        case("two writes of one partition", json!("done"), |at| async move {
            let put = |sk| Write::put(TABLE, at.key_at("a", sk).to_item());
            at.commit([put("one"), put("other")]).await
        }),
    ]
}
