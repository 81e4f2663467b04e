use scrip_test_support::coupons::{Club, STORE};
use scrip_test_support::fresh_key;
use serde_json::json;

#[tokio::test]
async fn a_shared_coupon_lies_in_the_pool_once() {
    let club = Club::open().await;
    let coupon = club.alice.taken(&club.scrip, &club.campaign).await;
    let (key, request) = (fresh_key(), json!({ "coupon": coupon }));
    let path = club.scrip.pool_path(&club.alice.id, "");
    let shared = club.scrip.post_keyed(&club.alice, &path, &key, &request).await.expect(201);
    assert_eq!((&shared.body["status"], &shared.body["id"]), (&json!("pooled"), &json!(coupon)));
    let again = club.scrip.post_keyed(&club.alice, &path, &key, &request).await.expect(201);
    assert_eq!((again.is_replay(), &again.body["id"]), (true, &json!(coupon)));
    club.alice.share(&club.scrip, &coupon).await.expect(201);
    let pool = club.alice.pool(&club.scrip, &club.alice.id).await.expect(200).body;
    assert_eq!(pool["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn not_every_coupon_can_be_shared() {
    let club = Club::open().await;
    let own = club.shop.campaign(&club.scrip, &json!({ "shareable": false })).await;
    let coupon = club.alice.taken(&club.scrip, &own).await;
    club.alice.share(&club.scrip, &coupon).await.refused("share-coupon", 422, "not-shareable");
    let code = club.alice.code(&club.scrip, &coupon).await;
    club.olga.verify(&club.scrip, STORE, &code).await.expect(201);
    club.alice.share(&club.scrip, &coupon).await.refused("share-coupon", 409, "already-redeemed");
}
