//! Every operation of offline authorizations, on the way that takes most, and the other ways.

use reqwest::Method;
use scrip_test_support::Scrip;
use serde_json::{Value, json};

const PIN: &str = "493817";
const PATH: &str = "/v1/offline/authorizations";

/// Every operation once: with a reserve and all terms, revoked, and expired.
pub(super) async fn every_operation(scrip: &Scrip) {
    let user = scrip.user("ava").await;
    user.set_pin(scrip, PIN).await;
    let account = scrip.account(&user, 100_000, "CNY").await;
    let money = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
    let pos: Vec<String> = (0..10).map(|n| format!("dev_{n:0>26}")).collect();
    let terms = json!({
        "limit": money(10_000), "per_transaction_limit": money(5_000), "valid_for": "PT1H", "reserve": true,
        "per_day": { "count": 3, "amount": money(8_000) }, "pin_above": money(1_000), "pos": pos,
    });
    let first = user.phone(scrip, &account, PIN, terms.clone()).await;
    let second = user.phone(scrip, &account, PIN, terms).await;
    user.authorization(scrip, &first.authorization).await;
    scrip.get(&user, PATH).await.expect(200);
    let path = format!("{PATH}/{}", second.authorization);
    scrip.change(Method::DELETE, &user, &path, &Value::Null).await.expect(204);
    scrip.advance("PT50H").await;
}

/// A wrong PIN, a code that is in use, a request that comes again.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let user = scrip.user("abel").await;
    user.set_pin(scrip, PIN).await;
    let account = scrip.account(&user, 100_000, "CNY").await;
    let code = "739105826410";
    user.authorize_static(scrip, &account, "493818", code, json!({})).await.expect(422);
    user.authorize_static(scrip, &account, PIN, code, json!({})).await.expect(201);
    user.authorize_static(scrip, &account, PIN, code, json!({})).await.expect(422);
}
