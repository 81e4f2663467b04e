use crate::api::world::CARD_NUMBER;
use scrip_test_support::deductions::{Till, amount_off};
use scrip_test_support::fresh_key;
use serde_json::{Value, json};

const MOST: i64 = 1_000_000_000_000_000;

async fn stocked() -> Till {
    let till = Till::open().await;
    for kind in ["coupon", "points", "stored_value", "member", "promotion"] {
        till.stock(kind, kind, amount_off(100)).await;
    }
    till
}

#[tokio::test]
async fn pieces_points_and_value_are_given() {
    let till = stocked().await;
    let granted = till.grant("coupon", 3).await.expect(201);
    insta::assert_snapshot!(granted.snapshot());
    assert_eq!(till.grant("points", 250).await.expect(201).body["currency"], Value::Null);
    assert_eq!(till.grant("stored_value", 5_000).await.expect(201).body["currency"], "CNY");
    till.grant("points", 50).await.expect(201);
    for (item, units) in [("coupon", 3), ("points", 300), ("stored_value", 5_000)] {
        assert_eq!(till.units(item).await, units, "{item}");
    }
    till.scrip.check_books().await;
}

#[tokio::test]
async fn a_repeated_grant_gives_once() {
    let till = stocked().await;
    let (key, path) = (fresh_key(), till.path("/coupon/grants"));
    let grant = json!({ "user": "alice", "units": 3, "reference": "Welcome" });
    let first = till.scrip.post_keyed(&till.shop.owner, &path, &key, &grant).await.expect(201);
    let again = till.scrip.post_keyed(&till.shop.owner, &path, &key, &grant).await.expect(201);
    assert_eq!((again.is_replay(), &again.body), (true, &first.body));
    assert_eq!(till.units("coupon").await, 3);
}

#[tokio::test]
async fn only_what_is_used_up_is_given() {
    let till = stocked().await;
    for item in ["member", "promotion"] {
        let answer = till.unchanged(till.grant(item, 1)).await;
        answer.refused("grant-deduction-balance", 422, "not-grantable");
    }
    let path = till.path("/coupon/grants");
    for (grant, pointer, code) in [
        (json!({ "user": "alice", "units": 0 }), "/units", "out-of-range"),
        (json!({ "user": "alice", "units": -1 }), "/units", "out-of-range"),
        (json!({ "user": "alice", "units": MOST + 1 }), "/units", "out-of-range"),
        (json!({ "user": "a b", "units": 1 }), "/user", "invalid-field"),
        (json!({ "user": "alice", "units": 1, "reference": "" }), "/reference", "out-of-range"),
    ] {
        let answer = till.unchanged(till.scrip.post(&till.shop.owner, &path, &grant)).await;
        answer.refused_field("grant-deduction-balance", pointer, code);
    }
    let card = json!({ "user": "alice", "units": 1, "reference": CARD_NUMBER });
    let answer = till.unchanged(till.scrip.post(&till.shop.owner, &path, &card)).await;
    answer.refused_field("grant-deduction-balance", "/reference", "card-number-refused");
}

#[tokio::test]
async fn a_balance_has_a_bound() {
    let till = stocked().await;
    for _ in 0..9 {
        till.grant("points", MOST).await.expect(201);
    }
    let answer = till.unchanged(till.grant("points", 1)).await;
    answer.refused("grant-deduction-balance", 422, "amount-too-large");
}
