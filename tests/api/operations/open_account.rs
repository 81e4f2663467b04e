use crate::api::transcript::Transcript;
use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn an_account_is_opened_empty_in_any_active_currency() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut told = Transcript::default();
    for currency in ["CNY", "JPY", "KWD"] {
        let opened = scrip.post(&alice, "/v1/accounts", &json!({ "currency": currency })).await;
        told.note(currency, &opened);
        assert_eq!(scrip.balance(&alice, &opened.text("id")).await, 0);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn no_account_is_opened_in_an_unknown_currency() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    for currency in ["XXX", "XAU", "cny", " CNY", "CN", "", "人民币", "DEM"] {
        let answer = scrip.post(&alice, "/v1/accounts", &json!({ "currency": currency })).await;
        answer.refused_field("open-account", "/currency", "unknown-currency");
    }
    assert_eq!(scrip.get(&alice, "/v1/accounts").await.body["items"], json!([]));
}
