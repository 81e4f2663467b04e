use scrip_test_support::coupons::{Club, yuan};
use scrip_test_support::fresh_key;
use scrip_test_support::webhooks::{confirm, confirmation};
use serde_json::json;

#[tokio::test]
async fn a_merchants_server_follows_its_own_confirmations() {
    let club = Club::open().await;
    let scrip = &club.scrip;
    let key = club.shop.webhook_key(scrip).await;
    let reserved = club.reserved().await;
    let body = confirmation(&key.merchant, &[&reserved.code], 5_000);
    let id = confirm(scrip, &key, &fresh_key(), &body).await.expect(202).text("id");
    let done = club.server.followed(scrip, &id).await;
    let line = &done["coupons"][0];
    let expected = json!({
        "id": id, "status": "rewarded", "order": body["order"], "at": done["at"],
        "coupons": [{
            "coupon": reserved.coupon, "status": "rewarded", "deduction": yuan(1_000), "reward": line["reward"],
        }],
    });
    assert_eq!(done, expected);
    assert!(!done.to_string().contains(&reserved.code), "a code is kept no longer than it is needed");

    let other = scrip.shop("dora", "CNY").await.device(scrip, "server").await;
    other.confirmation(scrip, &id).await.refused("get-confirmation", 404, "not-found");
    let pos = club.shop.device(scrip, "pos").await;
    pos.confirmation(scrip, &id).await.refused("get-confirmation", 403, "wrong-role");
}
