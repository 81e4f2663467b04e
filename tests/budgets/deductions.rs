//! Deductions, on the way that takes most: one item with a balance, and one that applies unasked.

use scrip_secure_code::{Totp, TotpAlgorithm, TotpSecret};
use scrip_test_support::Scrip;
use scrip_test_support::deductions::{SECURE_CODE, amount_off, purchase, with_item};
use serde_json::json;

const PIN: &str = "493817";

pub(super) async fn every_operation(scrip: &Scrip) {
    let payer = scrip.user("quinn").await;
    payer.set_pin(scrip, PIN).await;
    let account = scrip.account(&payer, 100_000, "CNY").await;
    payer.authorize_static(scrip, &account, PIN, SECURE_CODE, json!({})).await.expect(201);
    let shop = scrip.shop("rosa", "CNY").await;
    let terminal = shop.terminal(scrip).await;

    let coupon = json!({ "kind": "coupon", "rule": amount_off(500) });
    shop.put_item(scrip, "five", &coupon).await.expect(200);
    let mut unasked = json!({ "kind": "promotion", "rule": amount_off(50) });
    unasked["rule"]["automatic"] = json!(true);
    shop.put_item(scrip, "unasked", &unasked).await.expect(200);
    scrip.get(&payer, &shop.items_path("")).await.expect(200);
    scrip.get(&terminal, &shop.items_path("?automatic=true")).await.expect(200);
    scrip.get(&terminal, &shop.items_path("/five/rule")).await.expect(200);
    scrip.get(&terminal, "/v1/deductions/keys").await.expect(200);
    shop.grant_units(scrip, "five", "quinn", 2).await.expect(201);
    scrip.get(&payer, &format!("/v1/merchants/{}/deduction-balances", shop.id)).await.expect(200);
    let money = json!({ "amount": 3_000, "currency": "CNY" });
    let calculation = json!({ "merchant": shop.id, "items": ["five"], "first_value": money });
    scrip.post(&terminal, "/v1/deductions/calculations", &calculation).await.expect(200);
    let mut order = with_item(purchase(3_000, 2_450), "five", 1);
    order["payer"] = json!({ "user": "quinn", "secure_code": SECURE_CODE });
    let paid = scrip.post(&terminal, "/v1/deductions/transfers", &order).await.expect(201).text("id");
    scrip.get(&shop.owner, &format!("/v1/deductions/transfers/{paid}")).await.expect(200);
}

/// Ways that do something to a table that the usual way does not.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let payer = scrip.user("sam").await;
    payer.set_pin(scrip, PIN).await;
    let account = scrip.account(&payer, 100_000, "CNY").await;
    let terms = json!({ "pin_above": { "amount": 100, "currency": "CNY" } });
    payer.authorize_static(scrip, &account, PIN, SECURE_CODE, terms).await.expect(201);
    let terminal = scrip.shop("tom", "CNY").await.terminal(scrip).await;
    let pay = async |code: &str, pin: Option<&str>| {
        let mut order = purchase(200, 200);
        order["payer"] = json!({ "user": "sam", "secure_code": code, "pin": pin });
        scrip.post(&terminal, "/v1/deductions/transfers", &order).await
    };
    pay("000000000000", None).await.expect_problem(422, "code-not-accepted");
    pay(SECURE_CODE, None).await.expect_problem(422, "pin-required");
    pay(SECURE_CODE, Some("111222")).await.expect_problem(422, "pin-refused");
    pay(SECURE_CODE, Some(PIN)).await.expect(201);

    // Whose PIN it is is known only once the scanned code is recognised.
    let secret = TotpSecret::from_bytes([5; 32]).expect("a secret");
    let terms = json!({ "pin_above": { "amount": 100, "currency": "CNY" } });
    let granted = payer.authorize_totp(scrip, &account, PIN, &secret.to_base64url(), terms).await.expect(201);
    let alias = granted.text("alias").parse().expect("an alias");
    let shown = Totp::new(secret, TotpAlgorithm::Sha256).presentation_at(alias, scrip.now().await);
    let mut order = purchase(200, 200);
    order["payer"] = json!({ "presentation_code": shown.to_string(), "pin": PIN });
    scrip.post(&terminal, "/v1/deductions/transfers", &order).await.expect(201);

    // Four more misses lock the terminal, of which its merchant is told.
    for _ in 0..4 {
        pay("000000000000", None).await.expect_problem(422, "code-not-accepted");
    }
}
