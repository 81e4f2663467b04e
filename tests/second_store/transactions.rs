//! Writes that take place together or not at all, as `shared/store` sends them.
//!
//! Sources: API, `TransactWriteItems`; Guide, "Amazon DynamoDB Transactions: How it works".

use super::case::{Case, case};
use super::place::{Place, TABLE, with};
use super::told;
use scrip_store::{Key, Transaction, Write, encode};
use serde_json::{Value, json};

/// Creates `new`, unless it is there, and takes `amount` from `purse`, if it has as much.
async fn pay(at: &Place, amount: i64) -> Value {
    let mut transaction = Transaction::new();
    transaction.create(TABLE, encode(&at.key("new"), &json!({ "paid": amount })).unwrap());
    let debit = Write::update(TABLE, at.key("purse"), "SET n = n - :amount").when("n >= :amount");
    let debit = debit.value(":amount", amount);
    transaction.require(debit, |item| told::refused_at(1, item.as_ref()));
    told::outcome(at.store.commit(transaction).await)
}

async fn items<const COUNT: usize>(at: &Place, names: [&str; COUNT]) -> Value {
    let mut items = Vec::new();
    for name in names {
        items.push(at.item(&at.key(name)).await);
    }
    json!(items)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = together();
    cases.extend(alone());
    cases.extend(precedence());
    cases
}

fn together() -> Vec<Case> {
    let done = json!(["done", [{ "n": 1 }, { "n": 2 }, null, { "n": 4 }]]);
    vec![
        case("all four kinds of writes", done, |at| async move {
            for (name, number) in [("update", 1), ("delete", 3), ("check", 4)] {
                at.put(&at.key(name), &json!({ "n": number })).await;
            }
            let put = Write::put_new(TABLE, encode(&at.key("put"), &json!({ "n": 1 })).unwrap());
            let update = Write::update(TABLE, at.key("update"), "SET n = n + :one").when("n = :one");
            let delete = Write::delete(TABLE, at.key("delete")).when("attribute_exists(pk)");
            let check = Write::check(TABLE, at.key("check")).when("attribute_exists(pk)");
            let told = at.commit([put, update.value(":one", 1), delete, check]).await;
            json!([told, items(&at, ["put", "update", "delete", "check"]).await])
        }),
        case("what was there is replaced whole", json!(["done", { "m": 2 }]), |at| async move {
            at.put(&at.key("a"), &json!({ "n": 1 })).await;
            let put = Write::put(TABLE, encode(&at.key("a"), &json!({ "m": 2 })).unwrap());
            let told = at.commit([put, Write::put(TABLE, at.key("b").to_item())]).await;
            json!([told, at.item(&at.key("a")).await])
        }),
        case("nothing is deleted that is not there, which is well", json!("done"), |at| async move {
            at.commit([Write::delete(TABLE, at.key("a")), Write::put(TABLE, at.key("b").to_item())]).await
        }),
        case(
            "one that is refused keeps all from happening",
            json!([
                { "refused": 2, "item": { "n": 1 } }, [null, { "n": 1 }, { "n": 1 }]
            ]),
            |at| async move {
                at.put(&at.key("b"), &json!({ "n": 1 })).await;
                at.put(&at.key("c"), &json!({ "n": 1 })).await;
                let set = |name: &str, condition: &str| {
                    with(
                        Write::update(TABLE, at.key(name), "SET n = :two").when(condition),
                        &json!({ ":two": 2 }),
                    )
                };
                let told = at
                    .commit([
                        Write::put(TABLE, at.key("a").to_item()),
                        set("b", "n < :two"),
                        set("c", "n = :two"),
                    ])
                    .await;
                json!([told, items(&at, ["a", "b", "c"]).await])
            },
        ),
        case("conditions see what was before", json!(["done", [{ "n": 2 }, { "n": 1 }]]), |at| async move {
            at.put(&at.key("a"), &json!({ "n": 1 })).await;
            at.put(&at.key("b"), &json!({ "n": 2 })).await;
            let swap = |name: &str, from: i64, to: i64| {
                let update = Write::update(TABLE, at.key(name), "SET n = :to").when("n = :from");
                update.value(":from", from).value(":to", to)
            };
            let told = at.commit([swap("a", 1, 2), swap("b", 2, 1)]).await;
            json!([told, items(&at, ["a", "b"]).await])
        }),
    ]
}

fn alone() -> Vec<Case> {
    let there = || json!({ "n": 1 });
    vec![
        case(
            "a delete whose condition fails",
            json!({ "refused": 0, "item": { "n": 1 } }),
            move |at| async move {
                at.put(&at.key("a"), &there()).await;
                at.commit([Write::delete(TABLE, at.key("a")).when("n > :one").value(":one", 1)]).await
            },
        ),
        case(
            "a delete of what is not there, on condition",
            json!({ "refused": 0, "item": null }),
            |at| async move {
                let delete = Write::delete(TABLE, at.key("a")).when("attribute_exists(pk)");
                at.commit([delete]).await
            },
        ),
        case(
            "a put whose condition fails",
            json!([{ "refused": 0, "item": { "n": 1 } }, { "n": 1 }]),
            move |at| async move {
                at.put(&at.key("a"), &there()).await;
                let put = Write::put(TABLE, encode(&at.key("a"), &json!({ "n": 5 })).unwrap());
                let told = at.commit([put.when("n = :two").value(":two", 2)]).await;
                json!([told, at.item(&at.key("a")).await])
            },
        ),
        case("a table that is not there", json!("broken: ResourceNotFoundException"), |at| async move {
            at.commit([Write::put("no-table", at.key("a").to_item())]).await
        }),
        case(
            "a table that is not there, together",
            json!(["broken: ResourceNotFoundException", null]),
            |at| async move {
                let other = Write::put("no-table", at.key("a").to_item());
                let told = at.commit([Write::put(TABLE, at.key("b").to_item()), other]).await;
                json!([told, at.item(&at.key("b")).await])
            },
        ),
        case("empty items are items", json!(["done", {}]), |at| async move {
            let key = Key::new(at.own("a"), "-");
            json!([at.commit([Write::put_new(TABLE, key.to_item())]).await, at.item(&key).await])
        }),
    ]
}

fn precedence() -> Vec<Case> {
    vec![
        case(
            "a creation takes place once",
            json!([
                "done", { "exists": { "paid": 3 } }, { "exists": { "paid": 3 } }, [{ "n": 2 }, { "paid": 3 }]
            ]),
            |at| async move {
                at.put(&at.key("purse"), &json!({ "n": 5 })).await;
                let first = pay(&at, 3).await;
                // The second finds too little in the purse as well: that it exists comes first.
                let again = [pay(&at, 3).await, pay(&at, 1).await];
                json!([first, again[0], again[1], items(&at, ["purse", "new"]).await])
            },
        ),
        case(
            "a creation that is refused by another",
            json!([
                { "refused": 1, "item": { "n": 5 } }, [{ "n": 5 }, null]
            ]),
            |at| async move {
                at.put(&at.key("purse"), &json!({ "n": 5 })).await;
                json!([pay(&at, 6).await, items(&at, ["purse", "new"]).await])
            },
        ),
        case(
            "the first that is refused says why",
            json!({ "refused": 1, "item": { "n": 1 } }),
            |at| async move {
                // In the order of the request, and not of keys.
                for name in ["z", "a"] {
                    at.put(&at.key(name), &json!({ "n": 1 })).await;
                }
                let new = |name| Write::put_new(TABLE, at.key(name).to_item());
                at.commit([new("m"), new("z"), new("n"), new("a")]).await
            },
        ),
        case("one that met nothing says so", json!({ "refused": 0, "item": null }), |at| async move {
            at.put(&at.key("b"), &json!({ "n": 1 })).await;
            let check = Write::check(TABLE, at.key("a")).when("attribute_exists(pk)");
            at.commit([check, Write::put_new(TABLE, at.key("b").to_item())]).await
        }),
    ]
}
