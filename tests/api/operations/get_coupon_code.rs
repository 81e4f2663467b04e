use scrip_test_support::coupons::{Club, STORE};
use scrip_test_support::fresh_key;

#[tokio::test]
async fn who_may_use_a_coupon_has_its_code() {
    let club = Club::open().await;
    let coupon = club.alice.taken(&club.scrip, &club.campaign).await;
    let shown = club.alice.ask_code(&club.scrip, &coupon).await.expect(200);
    let code = shown.text("code");
    assert_eq!((code.len(), shown.text("qr")), (18, format!("scrip:coupon:{code}")));

    club.alice.share(&club.scrip, &coupon).await.expect(201);
    let pooled = club.alice.ask_code(&club.scrip, &coupon).await;
    pooled.refused("get-coupon-code", 409, "coupon-pooled");
    club.carol.ask_code(&club.scrip, &coupon).await.expect_problem(404, "not-found");

    club.carol.reserve(&club.scrip, &club.alice.id, &coupon).await.expect(201);
    let code = club.carol.code(&club.scrip, &coupon).await;
    let used = club.olga.verify(&club.scrip, STORE, &code).await.expect(201);
    assert_eq!(used.body["verdict"], "accepted");
    let after = club.alice.ask_code(&club.scrip, &coupon).await;
    after.refused("get-coupon-code", 409, "already-redeemed");
}

#[tokio::test]
async fn a_reward_that_was_taken_back_has_no_code() {
    let club = Club::open().await;
    let reserved = club.reserved().await;
    let verified = club.olga.verify_order(&club.scrip, STORE, &reserved.code, 5_000).await.expect(201);
    club.scrip.followed_up(&verified.text("id")).await;
    let reversed = club.olga.reverse_verification(&club.scrip, &fresh_key(), &verified.text("id")).await;
    let reward = reversed.expect(201).body["coupon"]["reward"].as_str().expect("a reward").to_owned();
    club.alice.ask_code(&club.scrip, &reward).await.refused("get-coupon-code", 422, "revoked");
    let shared = club.alice.share(&club.scrip, &reward).await;
    shared.refused("share-coupon", 422, "revoked");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs the test clock")]
async fn a_coupon_whose_time_is_over_has_no_code() {
    let club = Club::open().await;
    let [held, pooled] = [club.alice.taken(&club.scrip, &club.campaign).await, club.shared().await];
    club.scrip.advance("PT1441H").await;
    let [alice, carol] = [club.scrip.user("alice").await, club.scrip.user("carol").await];
    alice.ask_code(&club.scrip, &held).await.refused("get-coupon-code", 422, "expired");
    alice.share(&club.scrip, &held).await.refused("share-coupon", 422, "expired");
    let late = carol.reserve(&club.scrip, "alice", &pooled).await;
    late.refused("reserve-coupon", 422, "expired");
}
