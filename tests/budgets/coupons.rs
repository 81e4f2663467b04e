//! Campaigns, pools, contacts, and what a merchant's owner sets up for them.

use reqwest::Method;
use scrip_test_support::Scrip;
use scrip_test_support::coupons::{STORE, befriend, yuan};
use serde_json::{Value, json};

pub(super) async fn every_operation(scrip: &Scrip) {
    let shop = scrip.shop("paula", "CNY").await;
    let [alice, carol] = [scrip.user("petra").await, scrip.user("piet").await];
    befriend(scrip, &alice, &carol).await;
    scrip.get(&alice, "/v1/contacts").await.expect(200);
    let operator = shop.operator(scrip, "otis", &[STORE]).await;
    scrip.get(&operator, "/v1/me/stores").await.expect(200);
    let keys = format!("/v1/merchants/{}/webhook-keys", shop.id);
    let key = scrip.post(&shop.owner, &keys, &json!({ "kind": "v1" })).await.expect(201).text("id");
    scrip.get(&shop.owner, &keys).await.expect(200);
    scrip.change(Method::DELETE, &shop.owner, &format!("{keys}/{key}"), &Value::Null).await.expect(204);

    let reward = shop.campaign(scrip, &json!({})).await;
    let terms = json!({ "reward": { "campaign": reward, "to": "sharer" }, "budget": yuan(100_000) });
    let campaign = shop.campaign(scrip, &terms).await;
    // One so large that stock and budget are spread.
    shop.campaign(scrip, &json!({ "quantity": 1_000, "budget": yuan(100_000) })).await;
    scrip.get(&alice, &shop.campaigns_path()).await.expect(200);
    scrip.get(&alice, &format!("/v1/campaigns/{campaign}")).await.expect(200);
    let coupon = alice.taken(scrip, &campaign).await;
    alice.taken(scrip, &campaign).await;
    // A list goes on to the first shard with a coupon in it. Of an empty campaign that is all of them, and with four
    // takers it is earlier, however their homes fall.
    for taker in [&carol, &operator, &shop.owner] {
        taker.taken(scrip, &campaign).await;
    }
    for listed in [&campaign, &reward] {
        scrip.get(&operator, &format!("/v1/campaigns/{listed}/coupons")).await.expect(200);
    }
    scrip.get(&alice, "/v1/coupons").await.expect(200);
    alice.code(scrip, &coupon).await;
    alice.share(scrip, &coupon).await.expect(201);
    carol.pool(scrip, &alice.id).await.expect(200);
    let reserved = carol.reserve(scrip, &alice.id, &coupon).await.expect(201).text("id");
    carol.coupon(scrip, &coupon).await.expect(200);
    carol.code(scrip, &coupon).await;
    let path = scrip.pool_path(&alice.id, &format!("/{coupon}/reservations/{reserved}"));
    scrip.change(Method::DELETE, &carol, &path, &Value::Null).await.expect(204);
    alice.withdraw(scrip, &coupon).await.expect(204);
    alice.remove_contact(scrip, &carol.id).await.expect(204);
}

/// Ways that do something to a table that the usual way does not: what is not for oneself to reserve, both sides of a
/// contact given up.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let shop = scrip.shop("quentin", "CNY").await;
    let [alice, carol] = [scrip.user("quirin").await, scrip.user("quinta").await];
    scrip.get(&alice, &shop.campaigns_path()).await.expect(200);
    let coupon = alice.taken(scrip, &shop.campaign(scrip, &json!({})).await).await;
    alice.share(scrip, &coupon).await.expect(201);
    befriend(scrip, &alice, &carol).await;
    carol.reserve(scrip, &alice.id, &coupon).await.expect(201);
    let again = carol.reserve(scrip, &alice.id, &coupon).await;
    again.expect_problem(409, "coupon-reserved");
    alice.remove_contact(scrip, &carol.id).await.expect(204);
    carol.remove_contact(scrip, &alice.id).await.expect(204);
}
