use crate::api::world::money;
use scrip_test_support::deductions::{Till, amount_off};
use scrip_test_support::{Answer, Caller};
use serde_json::{Value, json};

async fn calculate(till: &Till, who: &impl Caller, request: Value) -> Answer {
    let mut request = request;
    if request["merchant"].is_null() {
        request["merchant"] = json!(till.shop.id);
    }
    till.scrip.post(who, "/v1/deductions/calculations", &request).await
}

async fn stocked() -> Till {
    let till = Till::open().await;
    till.stock("tenth", "member", json!({ "effect": { "percentage": "10" } })).await;
    till.stock(
        "five",
        "coupon",
        json!({ "effect": { "amount": money(500) }, "stacking": { "priority": 5 } }),
    )
    .await;
    let unasked = json!({
        "effect": { "amount": money(50) },
        "automatic": true,
        "conditions": { "threshold": money(1_000) },
        "stacking": { "priority": 9 },
    });
    till.stock("unasked", "promotion", unasked).await;
    till
}

#[tokio::test]
async fn terminals_and_users_learn_what_it_would_cost() {
    let till = stocked().await;
    let lines = json!([
        { "sku": "tea", "quantity": 2, "unit_price": money(750) },
        { "sku": "pot", "name": "Pot", "category": "ware", "quantity": 1, "unit_price": money(2_500) },
    ]);
    let request = json!({ "items": ["five", "tenth"], "lines": lines });
    let before = till.state().await;
    let calculated = calculate(&till, &till.terminal, request.clone()).await.expect(200);
    insta::assert_snapshot!(calculated.snapshot());
    // 40.00, less a tenth, less 5.00, less 0.50.
    assert_eq!(calculated.body["second_value"], money(3_050));
    assert_eq!(calculate(&till, &till.payer, request).await.expect(200).body, calculated.body);
    assert_eq!(till.state().await, before);
}

#[tokio::test]
async fn an_item_that_does_not_apply_says_why() {
    let till = stocked().await;
    let past = json!({ "kind": "coupon", "rule": amount_off(5), "valid_until": "2020-01-01T00:00:00Z" });
    till.put("past", &past).await.expect(200);
    let request = json!({ "items": ["past", "five"], "first_value": money(300) });
    let calculated = calculate(&till, &till.terminal, request).await.expect(200).body;
    let steps = calculated["steps"].as_array().unwrap();
    let told: Vec<_> = steps.iter().map(|step| (step["item"].clone(), step["reason"].clone())).collect();
    let expected =
        [("five", Value::Null), ("unasked", json!("threshold-not-met")), ("past", json!("expired"))];
    assert_eq!(told, expected.map(|(item, reason)| (json!(item), reason)));
    assert_eq!(calculated["second_value"], money(0));
}

#[tokio::test]
async fn what_the_terminal_vouches_for_counts() {
    let till = stocked().await;
    till.stock(
        "gold",
        "member",
        json!({
            "effect": { "percentage": "50" }, "conditions": { "member_levels": ["gold"] },
        }),
    )
    .await;
    till.stock("miles", "points", json!({ "effect": { "percentage": "100" } })).await;
    let request =
        |context: Value| json!({ "items": ["gold", "miles"], "first_value": money(800), "context": context });
    let context = json!({ "member_level": "gold", "order_count": 3, "balances": { "miles": 150 } });
    let calculated = calculate(&till, &till.terminal, request(context)).await.expect(200).body;
    assert_eq!(calculated["second_value"], money(250));
    assert_eq!(calculated["consumed"], json!([{ "item": "miles", "units": 150, "currency": null }]));
    let calculated = calculate(&till, &till.terminal, request(Value::Null)).await.expect(200).body;
    assert_eq!(calculated["second_value"], money(0));
}

#[tokio::test]
async fn merchants_and_items_exist_and_terminals_ask_for_their_own() {
    let till = stocked().await;
    let other = till.scrip.shop("carol", "CNY").await;
    let order = |merchant: &str, items: Value| json!({ "merchant": merchant, "items": items, "first_value": money(1) });
    for (merchant, items, pointer) in [
        ("mch_00000000000000000000000000", json!([]), "/merchant"),
        ("x", json!([]), "/merchant"),
        (&till.shop.id, json!(["five", "nothing"]), "/items/1"),
        (&till.shop.id, json!(["a b"]), "/items/0"),
        (&other.id, json!(["five"]), "/items/0"),
    ] {
        let answer = calculate(&till, &till.payer, order(merchant, items)).await;
        answer.refused_field("calculate-deduction", pointer, "not-found");
    }
    let answer = calculate(&till, &till.terminal, order(&other.id, json!([]))).await;
    answer.refused_field("calculate-deduction", "/merchant", "not-found");
    calculate(&till, &till.payer, order(&other.id, json!([]))).await.expect(200);
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
    let till = stocked().await;
    let yen = json!({ "amount": 5, "currency": "JPY" });
    let most = json!({ "sku": "gold", "quantity": 9_999, "unit_price": money(1_000_000_000_000_000) });
    for (request, pointer, code) in [
        (json!({ "items": [] }), "/first_value", "missing-field"),
        (json!({ "items": [], "first_value": money(-1) }), "/first_value/amount", "out-of-range"),
        (json!({ "items": ["five", "five"], "first_value": money(1) }), "/items/1", "invalid-field"),
        (json!({ "items": vec!["five"; 11], "first_value": money(1) }), "/items", "too-many"),
        (
            json!({ "items": [], "lines": [{ "sku": "tea", "quantity": 0, "unit_price": money(1) }] }),
            "/lines/0/quantity",
            "out-of-range",
        ),
        (
            json!({ "items": [], "first_value": money(1), "context": { "order_count": 0 } }),
            "/context/order_count",
            "out-of-range",
        ),
    ] {
        let answer = calculate(&till, &till.terminal, request).await;
        answer.refused_field("calculate-deduction", pointer, code);
    }
    let answer = calculate(&till, &till.terminal, json!({ "items": [], "first_value": yen })).await;
    answer.refused_field("calculate-deduction", "/first_value/currency", "currency-mismatch");
    let answer = calculate(&till, &till.terminal, json!({ "items": [], "lines": [most] })).await;
    answer.refused("calculate-deduction", 422, "amount-too-large");
}
