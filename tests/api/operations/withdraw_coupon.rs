use scrip_test_support::coupons::{Club, STORE};

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs the test clock")]
async fn what_nobody_has_reserved_can_be_withdrawn() {
    let club = Club::open().await;
    let reserved = club.reserved().await;
    let refused = club.alice.withdraw(&club.scrip, &reserved.coupon).await;
    let refused = refused.refused("withdraw-coupon", 409, "coupon-reserved");
    assert!(refused.body["reserved_until"].is_string());

    club.scrip.advance("PT15M").await;
    club.alice.withdraw(&club.scrip, &reserved.coupon).await.expect(204);
    club.alice.withdraw(&club.scrip, &reserved.coupon).await.expect(204);
    assert_eq!(club.alice.coupon(&club.scrip, &reserved.coupon).await.expect(200).body["status"], "held");
    let used = club.olga.verify(&club.scrip, STORE, &reserved.code).await.expect(201);
    assert_eq!(used.body["verdict"], "refused");
    let code = club.alice.code(&club.scrip, &reserved.coupon).await;
    assert_eq!(club.olga.verify(&club.scrip, STORE, &code).await.expect(201).body["verdict"], "accepted");
    let late = club.alice.withdraw(&club.scrip, &reserved.coupon).await;
    late.refused("withdraw-coupon", 409, "already-redeemed");
}
