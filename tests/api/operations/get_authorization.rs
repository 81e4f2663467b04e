use crate::api::world::{PIN, money};
use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn an_authorization_tells_what_is_left() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, PIN).await;
    let pos = scrip.shop("tilda", "CNY").await.pos(&scrip).await;
    let terms = json!({ "limit": money(3_000), "per_transaction_limit": money(2_000), "reserve": true });
    let code = "739105826410";
    let id = alice.authorize_static(&scrip, &account, PIN, code, terms).await.expect(201).text("id");
    let left = async || {
        let read = alice.authorization(&scrip, &id).await;
        [read["remaining"]["amount"].as_i64().unwrap(), read["uses_left"].as_i64().unwrap()]
    };
    let funds = async || {
        let read = scrip.get(&alice, &format!("/v1/accounts/{account}")).await.expect(200).body;
        ["balance", "available"].map(|member| read[member]["amount"].as_i64().unwrap())
    };
    assert_eq!((left().await, funds().await), ([3_000, 50], [10_000, 7_000]));

    let paid = pos.ask(&scrip, "alice", code, 1_200).await.expect(201);
    assert_eq!(paid.text("decision"), "approved");
    assert_eq!((left().await, funds().await), ([1_800, 49], [8_800, 7_000]));
    let declined = pos.ask(&scrip, "alice", code, 1_801).await.expect(201);
    assert_eq!(declined.text("reason"), "limit-exceeded");
    assert_eq!((left().await, funds().await), ([1_800, 49], [8_800, 7_000]));

    pos.reverse(&scrip, &paid.text("id")).await.expect(201);
    assert_eq!((left().await, funds().await), ([3_000, 50], [10_000, 7_000]));
    scrip.check_books().await;
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn an_authorization_is_expired_when_its_time_is_over() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, PIN).await;
    let phone = alice.phone(&scrip, &account, PIN, json!({ "valid_for": "PT1H", "reserve": true, "limit": money(4_000), "per_transaction_limit": money(4_000) })).await;
    scrip.advance("PT1H").await;
    let alice = scrip.user("alice").await;
    let read = alice.authorization(&scrip, &phone.authorization).await;
    assert_eq!((&read["status"], &read["remaining"]), (&json!("expired"), &money(4_000)));
    assert_eq!(scrip.get(&alice, &format!("/v1/accounts/{account}")).await.body["available"], money(10_000));
    scrip.advance("PT49H").await;
    let alice = scrip.user("alice").await;
    assert_eq!(
        alice.authorization(&scrip, &phone.authorization).await,
        read,
        "its code is erased, its story is not"
    );
}
