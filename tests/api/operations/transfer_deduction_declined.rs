//! Payers who can't pay this way, and what is counted then.

use crate::api::world::money;
use aws_sdk_dynamodb::types::AttributeValue;
use scrip_secure_code::{Alias, Totp, TotpAlgorithm, TotpSecret};
use scrip_test_support::deductions::{SECURE_CODE, Till, purchase, with_item};
use scrip_test_support::fresh_key;
use serde_json::{Value, json};

fn by(mut purchase: Value, user: &str, code: &str) -> Value {
    purchase["payer"] = json!({ "user": user, "secure_code": code });
    purchase
}

#[tokio::test]
async fn every_wrong_code_is_the_same() {
    let till = Till::open().await;
    till.stock("five", "coupon", json!({ "effect": { "amount": money(500) } })).await;
    till.grant("five", 1).await.expect(201);
    let mut answers = Vec::new();
    for (user, code) in [("alice", "000000000000"), ("nobody", SECURE_CODE), ("bob", SECURE_CODE)] {
        let request = by(with_item(purchase(3_000, 2_500), "five", 1), user, code);
        let answer = till.unchanged(till.pay(&request)).await;
        answers.push(answer.refused("transfer-deduction", 422, "code-not-accepted").told());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    // The right one still pays.
    till.pay(&with_item(purchase(3_000, 2_500), "five", 1)).await.expect(201);
}

#[tokio::test]
async fn a_miss_is_counted_once_for_each_request() {
    let till = Till::open().await;
    let (key, wrong) = (fresh_key(), by(purchase(100, 100), "alice", "000000000000"));
    let first = till.pay_keyed(&key, &wrong).await.refused("transfer-deduction", 422, "code-not-accepted");
    for _ in 0..10 {
        let again = till.pay_keyed(&key, &wrong).await.expect(422);
        assert_eq!(again.told(), first.told());
    }
    let answer = till.pay_keyed(&key, &purchase(100, 100)).await;
    answer.refused("transfer-deduction", 422, "idempotency-key-reused");
    // With another key the same order is paid; the first one keeps its answer.
    let mut right = wrong.clone();
    right["payer"]["secure_code"] = json!(SECURE_CODE);
    till.pay(&right).await.expect(201);
    let again = till.pay_keyed(&key, &wrong).await.expect(422);
    assert_eq!(again.told(), first.told());
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it waits for the end of a lock")]
async fn five_misses_lock_the_codes_or_the_terminal() {
    const CODE_NOT_ACCEPTED: &str = "code-not-accepted";
    let till = Till::open().await;
    for guessed in ["alice", "nobody"] {
        for _ in 0..5 {
            let wrong = by(purchase(100, 100), guessed, "000000000000");
            till.pay(&wrong).await.refused("transfer-deduction", 422, CODE_NOT_ACCEPTED);
        }
        // From now on nobody learns that a code is right.
        let right = till.unchanged(till.pay(&purchase(100, 100))).await;
        right.refused("transfer-deduction", 422, CODE_NOT_ACCEPTED);
        till.scrip.advance("PT16M").await;
        till.pay(&purchase(100, 100)).await.expect(201);
    }
}

#[tokio::test]
async fn an_authorization_has_limits() {
    let till = Till::open_with(json!({ "limit": money(1_000), "per_transaction_limit": money(600) })).await;
    let above = till.unchanged(till.pay(&purchase(601, 601))).await;
    above.refused("transfer-deduction", 422, "limit-exceeded");
    till.pay(&purchase(600, 600)).await.expect(201);
    till.pay(&purchase(401, 401)).await.refused("transfer-deduction", 422, "limit-exceeded");
    till.pay(&purchase(400, 400)).await.expect(201);
}

#[tokio::test]
async fn above_its_threshold_the_payer_types_the_pin() {
    let till = Till::open_with(json!({ "pin_above": money(500) })).await;
    till.pay(&purchase(500, 500)).await.expect(201);
    let mut request = purchase(501, 501);
    till.unchanged(till.pay(&request)).await.refused("transfer-deduction", 422, "pin-required");
    request["payer"]["pin"] = json!("111222");
    till.unchanged(till.pay(&request)).await.refused("transfer-deduction", 422, "pin-refused");
    request["payer"]["pin"] = json!("493817");
    till.pay(&request).await.expect(201);
    for _ in 0..5 {
        let mut wrong = purchase(501, 501);
        wrong["payer"]["pin"] = json!("111222");
        till.pay(&wrong).await.refused("transfer-deduction", 422, "pin-refused");
    }
    let mut right = purchase(501, 501);
    right["payer"]["pin"] = json!("493817");
    till.unchanged(till.pay(&right)).await.refused("transfer-deduction", 429, "pin-locked");
}

#[tokio::test]
async fn the_payers_account_has_to_bear_it() {
    let till = Till::open().await;
    let order = crate::api::world::transfer(&till.account, &till.shop.account, 99_500);
    till.scrip.post(&till.payer, "/v1/transfers", &order).await.expect(201);
    let answer = till.unchanged(till.pay(&purchase(501, 501))).await;
    let answer = answer.refused("transfer-deduction", 422, "insufficient-funds");
    assert_eq!(answer.body["item"], Value::Null);
    till.pay(&purchase(500, 500)).await.expect(201);
}

#[tokio::test]
async fn a_closed_account_pays_nothing() {
    let till = Till::open().await;
    let client = aws_sdk_dynamodb::Client::new(&till.scrip.aws());
    let write = client.update_item().table_name(till.scrip.table("LedgerTable").await);
    let write = write.key("pk", AttributeValue::S(format!("ACCT#{}", till.account)));
    let write = write.key("sk", AttributeValue::S("BALANCE".to_owned()));
    let write =
        write.update_expression("SET #status = :closed").expression_attribute_names("#status", "status");
    write.expression_attribute_values(":closed", AttributeValue::S("closed".into())).send().await.unwrap();
    till.unchanged(till.pay(&purchase(1, 1))).await.refused("transfer-deduction", 422, "account-closed");
}

#[tokio::test]
async fn a_code_pays_in_its_currency() {
    let till = Till::open().await;
    let account = till.scrip.account(&till.payer, 1_000, "EUR").await;
    let euros = json!({ "amount": 500, "currency": "EUR" });
    let terms = json!({ "limit": euros, "per_transaction_limit": euros });
    let code = "802734615092";
    till.payer.authorize_static(&till.scrip, &account, "493817", code, terms).await.expect(201);
    let answer = till.unchanged(till.pay(&by(purchase(100, 100), "alice", code))).await;
    answer.refused("transfer-deduction", 422, "currency-mismatch");
}

#[tokio::test]
async fn a_phone_may_show_who_pays() {
    let till = Till::open().await;
    let secret = TotpSecret::from_bytes([3; 32]).unwrap();
    let key = secret.to_base64url();
    let granted = till.payer.authorize_totp(&till.scrip, &till.account, "493817", &key, json!({})).await;
    let alias: Alias = granted.expect(201).text("alias").parse().unwrap();
    let totp = Totp::new(secret, TotpAlgorithm::Sha256);
    let now = till.scrip.now().await;
    let shown = |alias: Alias| json!({ "presentation_code": totp.presentation_at(alias, now).to_string() });
    let mut request = purchase(100, 100);
    request["payer"] = shown(alias);
    let paid = till.pay(&request).await.expect(201);
    // Each code pays once, but the order that it paid is paid.
    let again = till.unchanged(till.pay(&request)).await.expect(201);
    assert_eq!((again.is_replay(), &again.body), (true, &paid.body));
    let mut another = request.clone();
    another["order_reference"] = json!(fresh_key());
    till.unchanged(till.pay(&another)).await.refused("transfer-deduction", 422, "code-not-accepted");
    request["payer"] = shown("000000001".parse().unwrap());
    till.unchanged(till.pay(&request)).await.refused("transfer-deduction", 422, "order-reference-reused");
}
