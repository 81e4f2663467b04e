use crate::api::world::money;
use scrip_test_support::deductions::{Till, amount_off, purchase, with_item};
use scrip_test_support::fresh_key;
use serde_json::{Value, json};

/// Five off, ten points for one minor unit, and stored value.
async fn stocked() -> Till {
    let till = Till::open().await;
    till.stock("five", "coupon", amount_off(500)).await;
    let exchange = json!({ "units": 10, "worth": money(1) });
    let points = json!({
        "effect": { "percentage": "100" }, "exchange": exchange, "stacking": { "priority": 1 },
    });
    till.stock("miles", "points", points).await;
    let card = json!({ "effect": { "percentage": "100" }, "stacking": { "priority": 2 } });
    till.stock("card", "stored_value", card).await;
    till
}

#[tokio::test]
async fn the_second_value_is_paid_and_what_it_takes_used_up() {
    let till = stocked().await;
    till.grant("five", 3).await.expect(201);
    let mut request = with_item(purchase(3_000, 2_500), "five", 1);
    request["order_reference"] = json!("till-1:42");
    let paid = till.pay(&request).await.expect(201);
    insta::assert_snapshot!(paid.snapshot());
    assert_eq!(till.money().await, (97_500, 2_500));
    assert_eq!(till.units("five").await, 2);
    let transfer = format!("/v1/transfers/{}", paid.text("id"));
    let transfer = till.scrip.get(&till.payer, &transfer).await.expect(200).body;
    assert_eq!((&transfer["kind"], &transfer["amount"]), (&json!("purchase"), &money(2_500)));
    assert_eq!(transfer["reference"], "till-1:42");
    let authorization = format!("/v1/offline/authorizations/{}", till.authorization);
    let authorization = till.scrip.get(&till.payer, &authorization).await.expect(200).body;
    assert_eq!((&authorization["uses_left"], &authorization["remaining"]), (&json!(49), &money(47_500)));
    till.scrip.check_books().await;
}

#[tokio::test]
async fn points_and_value_are_used_as_far_as_the_terminal_says() {
    let till = stocked().await;
    till.grant("miles", 1_000).await.expect(201);
    till.grant("card", 800).await.expect(201);
    // 1,000 points are worth 100, and the card bears the rest of what it has.
    let request = with_item(with_item(purchase(2_000, 1_100), "miles", 1), "card", 1);
    let mut bounded = request.clone();
    bounded["context"] = json!({ "balances": { "miles": 1_000, "card": 800 } });
    let paid = till.pay(&bounded).await.expect(201).body;
    assert_eq!(paid["consumed"][0], json!({ "item": "miles", "units": 1_000, "currency": null }));
    assert_eq!(paid["consumed"][1], json!({ "item": "card", "units": 800, "currency": "CNY" }));
    assert_eq!((till.units("miles").await, till.units("card").await), (0, 0));
    assert_eq!(till.money().await, (98_900, 1_100));
    till.scrip.check_books().await;
}

#[tokio::test]
async fn a_balance_that_does_not_suffice_is_named() {
    let till = stocked().await;
    // Nobody ever gave any.
    let request = with_item(purchase(3_000, 2_500), "five", 1);
    let answer =
        till.unchanged(till.pay(&request)).await.refused("transfer-deduction", 422, "insufficient-funds");
    assert_eq!((&answer.body["item"], &answer.body["available"]), (&json!("five"), &json!(0)));
    till.grant("miles", 99).await.expect(201);
    let mut request = with_item(purchase(10, 0), "miles", 1);
    let answer =
        till.unchanged(till.pay(&request)).await.refused("transfer-deduction", 422, "insufficient-funds");
    assert_eq!((&answer.body["item"], &answer.body["available"]), (&json!("miles"), &json!(99)));
    request["context"] = json!({ "balances": { "miles": 99 } });
    request["second_value"] = money(1);
    till.pay(&request).await.expect(201);
    assert_eq!((till.units("miles").await, till.money().await), (9, (99_999, 1)));
}

#[tokio::test]
async fn where_nothing_is_left_to_pay_only_balances_move() {
    let till = stocked().await;
    till.grant("five", 1).await.expect(201);
    let (key, request) = (fresh_key(), with_item(purchase(400, 0), "five", 1));
    let paid = till.pay_keyed(&key, &request).await.expect(201);
    assert_eq!((till.money().await, till.units("five").await), ((100_000, 0), 0));
    let transfer = format!("/v1/transfers/{}", paid.text("id"));
    till.scrip.get(&till.payer, &transfer).await.expect_problem(404, "not-found");
    let again = till.pay_keyed(&key, &request).await.expect(201);
    assert_eq!((again.is_replay(), &again.body), (true, &paid.body));
    let receipt = format!("/v1/deductions/transfers/{}", paid.text("id"));
    assert_eq!(till.scrip.get(&till.terminal, &receipt).await.expect(200).body, paid.body);
    // The key is used, also for a request in which money would move.
    till.pay_keyed(&key, &purchase(100, 100)).await.refused(
        "transfer-deduction",
        422,
        "idempotency-key-reused",
    );
    let authorization = format!("/v1/offline/authorizations/{}", till.authorization);
    assert_eq!(till.scrip.get(&till.payer, &authorization).await.expect(200).body["uses_left"], 49);
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_whatever_changed_since() {
    let till = stocked().await;
    till.grant("five", 1).await.expect(201);
    let (key, request) = (fresh_key(), with_item(purchase(3_000, 2_500), "five", 1));
    let paid = till.pay_keyed(&key, &request).await.expect(201);
    till.stock("five", "coupon", amount_off(600)).await;
    till.stock("unasked", "promotion", json!({ "effect": { "amount": money(1) }, "automatic": true })).await;

    let again = till.unchanged(till.pay_keyed(&key, &request)).await.expect(201);
    assert_eq!((again.is_replay(), &again.body), (true, &paid.body));
    // A terminal that lost its key knows what it calls the order.
    let other_key = till.unchanged(till.pay(&request)).await.expect(201);
    assert_eq!((other_key.is_replay(), &other_key.body), (true, &paid.body));
    let mut other_code = request.clone();
    other_code["payer"]["secure_code"] = json!("000000000000");
    let other_code = till.unchanged(till.pay(&other_code)).await.expect(201);
    assert_eq!((other_code.is_replay(), &other_code.body), (true, &paid.body));
}

#[tokio::test]
async fn keys_and_order_references_are_for_one_purchase() {
    let till = stocked().await;
    let (key, request) = (fresh_key(), purchase(3_000, 3_000));
    till.pay_keyed(&key, &request).await.expect(201);
    let changed = |name: &str, value: Value| {
        let mut other = request.clone();
        other[name] = value;
        other
    };
    let elsewhere = changed("order_reference", json!(fresh_key()));
    let with_context = changed("context", json!({ "order_count": 2 }));
    for other in [&elsewhere, &with_context, &purchase(1, 1)] {
        let answer = till.unchanged(till.pay_keyed(&key, other)).await;
        answer.refused("transfer-deduction", 422, "idempotency-key-reused");
    }
    // Nor for another order of the same terms, though that one is paid too.
    till.pay(&elsewhere).await.expect(201);
    let answer = till.unchanged(till.pay_keyed(&key, &elsewhere)).await;
    answer.refused("transfer-deduction", 422, "idempotency-key-reused");
    let mut dearer = purchase(3_001, 3_001);
    dearer["order_reference"] = request["order_reference"].clone();
    let other_payer = changed("payer", json!({ "user": "mallory", "secure_code": "739184620517" }));
    for other in [&dearer, &other_payer] {
        let answer = till.unchanged(till.pay(other)).await;
        answer.refused("transfer-deduction", 422, "order-reference-reused");
    }
    // Another terminal counts its orders itself.
    let second = till.shop.terminal(&till.scrip).await;
    let paid = till.scrip.post(&second, "/v1/deductions/transfers", &request).await.expect(201);
    assert!(!paid.is_replay());
    assert_eq!(till.money().await, (91_000, 9_000));
}

#[tokio::test]
async fn terminal_and_server_come_to_the_same() {
    let till = stocked().await;
    till.grant("five", 1).await.expect(201);
    let request = with_item(purchase(3_000, 2_400), "five", 1);
    let answer = till.unchanged(till.pay(&request)).await;
    let told = answer.refused("transfer-deduction", 409, "deduction-mismatch").body;
    assert_eq!((&told["first_value"], &told["second_value"]), (&money(3_000), &money(2_400)));
    assert_eq!((&told["expected"], &told["steps"][0]["after"]), (&money(2_500), &money(2_500)));
    assert_eq!(told["steps"].as_array().unwrap().len(), 1);

    // What applies unasked is applied, named or not.
    let unasked = json!({ "effect": { "amount": money(50) }, "automatic": true });
    till.stock("unasked", "promotion", unasked).await;
    let answer = till.pay(&with_item(purchase(3_000, 2_500), "five", 1)).await;
    let told = answer.refused("transfer-deduction", 409, "deduction-mismatch").body;
    assert_eq!(told["expected"], money(2_450));
    let steps: Vec<_> = told["steps"].as_array().unwrap().iter().map(|step| &step["item"]).collect();
    assert_eq!(steps, ["five", "unasked"]);
    till.pay(&with_item(with_item(purchase(3_000, 2_450), "five", 1), "unasked", 1)).await.expect(201);
    till.pay(&purchase(100, 50)).await.expect(201);
}

#[tokio::test]
async fn a_stale_rule_is_answered_with_the_one_that_counts() {
    let till = stocked().await;
    till.grant("five", 1).await.expect(201);
    till.stock("five", "coupon", amount_off(600)).await;
    for version in [1, 3] {
        let request = with_item(purchase(3_000, 2_500), "five", version);
        let answer = till.unchanged(till.pay(&request)).await;
        let current = answer.refused("transfer-deduction", 409, "rule-version-stale").body["current"].clone();
        assert_eq!((&current["item"], &current["version"]), (&json!("five"), &json!(2)));
        assert_eq!(current["rule"], amount_off(600));
        assert_eq!(current["signature"].as_str().unwrap().split('.').count(), 3);
    }
    till.pay(&with_item(purchase(3_000, 2_400), "five", 2)).await.expect(201);
}

#[tokio::test]
async fn an_item_whose_time_is_not_now_deducts_nothing() {
    let till = stocked().await;
    for (item, from, until) in [
        ("late", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
        ("early", "2099-01-01T00:00:00Z", "2099-01-02T00:00:00Z"),
    ] {
        let content =
            json!({ "kind": "coupon", "rule": amount_off(5), "valid_from": from, "valid_until": until });
        till.put(item, &content).await.expect(200);
        till.grant(item, 1).await.expect(201);
    }
    let request = with_item(with_item(purchase(100, 100), "late", 1), "early", 1);
    let paid = till.pay(&request).await.expect(201).body;
    let reasons: Vec<_> = paid["steps"].as_array().unwrap().iter().map(|step| &step["reason"]).collect();
    assert_eq!(reasons, ["expired", "not-yet-valid"]);
    assert_eq!((paid["consumed"].clone(), till.units("late").await), (json!([]), 1));
}

#[tokio::test]
async fn a_purchase_that_makes_no_sense_is_refused() {
    let till = stocked().await;
    let yen = json!({ "amount": 5, "currency": "JPY" });
    let changed = |name: &str, value: Value| {
        let mut request = purchase(100, 100);
        request[name] = value;
        request
    };
    for (request, pointer, code) in [
        (changed("items", json!([{ "item": "nothing", "version": 1 }])), "/items/0/item", "not-found"),
        (changed("first_value", yen.clone()), "/first_value/currency", "currency-mismatch"),
        (changed("second_value", yen), "/second_value/currency", "currency-mismatch"),
        (changed("order_reference", json!("")), "/order_reference", "invalid-field"),
        (changed("order_reference", json!("a b")), "/order_reference", "invalid-field"),
        (changed("payer", json!({})), "/payer/user", "missing-field"),
        (changed("payer", json!({ "user": "alice" })), "/payer/secure_code", "missing-field"),
        (changed("payer", json!({ "presentation_code": "1" })), "/payer/presentation_code", "invalid-field"),
        (changed("first_value", json!(null)), "/first_value", "missing-field"),
    ] {
        let answer = till.unchanged(till.pay(&request)).await;
        answer.refused_field("transfer-deduction", pointer, code);
    }
    let most = json!([{ "sku": "gold", "quantity": 9_999, "unit_price": money(1_000_000_000_000_000) }]);
    let mut request = changed("lines", most);
    request["first_value"] = json!(null);
    till.pay(&request).await.refused("transfer-deduction", 422, "amount-too-large");
}
