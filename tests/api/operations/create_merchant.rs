use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn a_merchant_comes_with_an_empty_account() {
    let scrip = Scrip::start().await;
    let bob = scrip.user("bob").await;
    let request = json!({ "name": "陶艺 & Tea", "currency": "JPY" });
    let created = scrip.post(&bob, "/v1/merchants", &request).await.expect(201);
    insta::assert_snapshot!(created.snapshot());
    assert_eq!(scrip.balance(&bob, &created.text("account")).await, 0);
    // It is the merchant's and not the user's.
    assert_eq!(scrip.get(&bob, "/v1/accounts").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_merchants_currency_is_a_known_one() {
    let scrip = Scrip::start().await;
    let bob = scrip.user("bob").await;
    for currency in ["XTS", "XXX", "jpy", ""] {
        let answer = scrip.post(&bob, "/v1/merchants", &json!({ "name": "Tea", "currency": currency })).await;
        answer.refused_field("create-merchant", "/currency", "unknown-currency");
    }
}

#[tokio::test]
async fn one_user_may_own_several_merchants() {
    let scrip = Scrip::start().await;
    let [first, second] = [scrip.shop("bob", "CNY").await, scrip.shop("bob", "CNY").await];
    assert_ne!((first.id, first.account), (second.id, second.account));
}
