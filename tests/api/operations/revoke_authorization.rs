use crate::api::world::{PIN, delete, money};
use scrip_test_support::{Scrip, User};
use serde_json::json;

const CODE: &str = "739105826410";

fn path(id: &str) -> String {
    format!("/v1/offline/authorizations/{id}")
}

async fn alice(scrip: &Scrip) -> (User, String) {
    let alice = scrip.user("alice").await;
    alice.set_pin(scrip, PIN).await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    (alice, account)
}

#[tokio::test]
async fn a_revoked_authorization_pays_no_more_and_gives_back_what_it_reserved() {
    let scrip = Scrip::start().await;
    let (alice, account) = alice(&scrip).await;
    let pos = scrip.shop("tilda", "CNY").await.pos(&scrip).await;
    let terms = json!({ "limit": money(4_000), "per_transaction_limit": money(4_000), "reserve": true });
    let id = alice.authorize_static(&scrip, &account, PIN, CODE, terms).await.expect(201).text("id");
    let paid = pos.ask(&scrip, "alice", CODE, 1_500).await.expect(201);
    assert_eq!(paid.text("decision"), "approved");

    delete(&scrip, &alice, &path(&id)).await.expect(204);

    let read = alice.authorization(&scrip, &id).await;
    assert_eq!(
        (&read["status"], &read["remaining"], &read["uses_left"]),
        (&json!("revoked"), &money(2_500), &json!(49))
    );
    let funds = async || {
        let read = scrip.get(&alice, &format!("/v1/accounts/{account}")).await.expect(200).body;
        ["balance", "available"].map(|member| read[member]["amount"].as_i64().unwrap())
    };
    assert_eq!(funds().await, [8_500, 8_500]);
    let declined = pos.ask(&scrip, "alice", CODE, 100).await.expect(201);
    assert_eq!(declined.text("reason"), "code-not-accepted");

    // Again, and after a reversal that comes later: nothing is released twice.
    delete(&scrip, &alice, &path(&id)).await.expect(204);
    pos.reverse(&scrip, &paid.text("id")).await.expect(201);
    delete(&scrip, &alice, &path(&id)).await.expect(204);
    assert_eq!(funds().await, [10_000, 10_000]);
    assert_eq!(alice.authorization(&scrip, &id).await, read);
    scrip.check_books().await;
}

#[tokio::test]
async fn other_authorizations_go_on_after_a_revocation() {
    let scrip = Scrip::start().await;
    let (alice, account) = alice(&scrip).await;
    let pos = scrip.shop("tilda", "CNY").await.pos(&scrip).await;
    let id = alice.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201).text("id");
    alice.authorize_static(&scrip, &account, PIN, "739105826411", json!({})).await.expect(201);
    delete(&scrip, &alice, &path(&id)).await.expect(204);
    let paid = pos.ask(&scrip, "alice", "739105826411", 100).await.expect(201);
    assert_eq!(paid.text("decision"), "approved");
}
