use crate::api::world::money;
use futures::future::join_all;
use scrip_test_support::deductions::{Till, amount_off};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn coupon(amount: i64) -> Value {
    json!({ "kind": "coupon", "rule": amount_off(amount) })
}

fn version(answer: &scrip_test_support::Answer) -> u64 {
    answer.body["version"].as_u64().unwrap()
}

#[tokio::test]
async fn other_content_makes_the_next_version_and_the_same_content_none() {
    let till = Till::open().await;
    let first = till.put("tea", &coupon(100)).await.expect(200);
    insta::assert_snapshot!(first.snapshot());
    assert_eq!(version(&till.put("tea", &coupon(200)).await.expect(200)), 2);
    let again = till.put("tea", &coupon(200)).await.expect(200);
    assert_eq!(version(&again), 2);
    // The same in other words: what is left out is the default.
    let mut wordy = coupon(200);
    wordy["rule"]["target"] = json!("order");
    wordy["rule"]["automatic"] = json!(false);
    wordy["valid_from"] = json!(null);
    assert_eq!(till.put("tea", &wordy).await.expect(200).body, again.body);
    wordy["valid_until"] = json!("2099-12-31T00:00:00Z");
    assert_eq!(version(&till.put("tea", &wordy).await.expect(200)), 3);
    // Back to what it was is a new version too.
    assert_eq!(version(&till.put("tea", &coupon(100)).await.expect(200)), 4);
    assert_eq!(version(&till.put("Tea", &coupon(100)).await.expect(200)), 1, "names tell capitals apart");
}

#[tokio::test]
async fn no_two_puts_make_the_same_version() {
    const PUTS: i64 = 12;
    let till = Till::open().await;
    let puts = join_all((1..=PUTS).map(|amount| {
        let till = &till;
        async move {
            loop {
                let answer = till.put("tea", &coupon(amount)).await;
                if answer.body["code"] != "busy" {
                    return answer.expect(200);
                }
            }
        }
    }));
    let versions: BTreeSet<_> = puts.await.iter().map(version).collect();
    assert_eq!(versions, (1..=PUTS.cast_unsigned()).collect());
}

#[tokio::test]
async fn an_item_keeps_its_kind() {
    let till = Till::open().await;
    till.stock("tea", "coupon", amount_off(100)).await;
    for kind in ["member", "points", "stored_value", "promotion"] {
        let other = json!({ "kind": kind, "rule": amount_off(100) });
        let answer = till.unchanged(till.put("tea", &other)).await;
        assert_eq!(answer.refused("put-deduction-item", 409, "already-exists").body["current"], "coupon");
    }
}

#[tokio::test]
async fn a_rule_makes_sense_for_the_merchant() {
    let till = Till::open().await;
    let yen = json!({ "amount": 5, "currency": "JPY" });
    let exchange = json!({ "units": 100, "worth": money(1) });
    for (content, pointer, code) in [
        (json!({ "kind": "coupon", "rule": {} }), "/rule/effect", "missing-field"),
        (
            json!({ "kind": "coupon", "rule": { "effect": { "amount": yen } } }),
            "/rule/effect/amount/currency",
            "currency-mismatch",
        ),
        (
            json!({ "kind": "coupon", "rule": { "effect": { "percentage": "101" } } }),
            "/rule/effect/percentage",
            "out-of-range",
        ),
        (
            json!({ "kind": "coupon", "rule": { "effect": { "percentage": "5" }, "exchange": exchange } }),
            "/rule/exchange",
            "invalid-field",
        ),
        (
            json!({ "kind": "points", "rule": { "effect": { "percentage": "5" }, "automatic": true } }),
            "/rule/automatic",
            "invalid-field",
        ),
        (
            json!({ "kind": "coupon", "rule": amount_off(1), "valid_from": "2027-01-02T00:00:00Z",
                "valid_until": "2027-01-01T00:00:00Z" }),
            "/valid_until",
            "out-of-range",
        ),
        (json!({ "kind": "voucher", "rule": amount_off(1) }), "/kind", "invalid-field"),
        (
            json!({ "kind": "coupon", "rule": amount_off(1), "valid_from": "tomorrow" }),
            "/valid_from",
            "invalid-field",
        ),
    ] {
        let answer = till.unchanged(till.put("tea", &content)).await;
        answer.refused_field("put-deduction-item", pointer, code);
    }
}

#[tokio::test]
async fn at_most_ten_items_apply_unasked() {
    let till = Till::open().await;
    let automatic = |amount: i64| json!({ "effect": { "amount": money(amount) }, "automatic": true });
    for n in 0..10 {
        till.stock(&format!("p{n}"), "promotion", automatic(1)).await;
    }
    let eleventh = json!({ "kind": "promotion", "rule": automatic(1) });
    let answer = till.unchanged(till.put("one-more", &eleventh)).await;
    answer.refused("put-deduction-item", 422, "limit-exceeded");
    // A new version of one of them needs no more room, and one that stops makes some.
    assert_eq!(till.stock("p3", "promotion", automatic(2)).await, 2);
    till.stock("p4", "promotion", amount_off(1)).await;
    till.put("one-more", &eleventh).await.expect(200);
}

#[tokio::test]
async fn names_of_items_are_short_words() {
    let till = Till::open().await;
    let long = "x".repeat(65);
    for name in ["a.b", "a%20b", "a%2Fb", "%E8%8C%B6", "a%23b", &long] {
        till.put(name, &coupon(1)).await.refused("put-deduction-item", 404, "not-found");
    }
    till.put(&"x".repeat(64), &coupon(1)).await.expect(200);
}
