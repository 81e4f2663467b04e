use scrip_test_support::coupons::{Club, STORE, befriend};
use scrip_test_support::fresh_key;

#[tokio::test]
async fn a_reserved_coupon_is_one_contacts_alone() {
    let club = Club::open().await;
    let coupon = club.shared().await;
    let key = fresh_key();
    let first = club.carol.reserve_keyed(&club.scrip, &key, &club.alice.id, &coupon).await.expect(201);
    let again = club.carol.reserve_keyed(&club.scrip, &key, &club.alice.id, &coupon).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&first.body, true));
    let dave = club.scrip.user("dave").await;
    befriend(&club.scrip, &club.alice, &dave).await;
    let second = dave.reserve(&club.scrip, &club.alice.id, &coupon).await;
    second.refused("reserve-coupon", 409, "coupon-reserved");
    let own = club.alice.reserve(&club.scrip, &club.alice.id, &coupon).await;
    own.refused("reserve-coupon", 422, "self-redemption");

    club.carol.release(&club.scrip, &club.alice.id, &coupon, &first.text("id")).await.expect(204);
    club.carol.release(&club.scrip, &club.alice.id, &coupon, &first.text("id")).await.expect(204);
    let code = dave.reserve(&club.scrip, &club.alice.id, &coupon).await.expect(201);
    let gone = club.olga.verify(&club.scrip, STORE, &first.text("code")).await.expect(201);
    assert_eq!(gone.body["verdict"], "refused");
    let used = club.olga.verify(&club.scrip, STORE, &code.text("code")).await.expect(201);
    assert_eq!(used.body["verdict"], "accepted");
    let late = club.carol.reserve(&club.scrip, &club.alice.id, &coupon).await;
    late.refused("reserve-coupon", 409, "already-redeemed");
    let late = dave.release(&club.scrip, &club.alice.id, &coupon, &code.text("id")).await;
    late.refused("release-coupon", 409, "already-redeemed");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs the test clock")]
async fn a_reservation_lapses_by_itself() {
    let club = Club::open().await;
    let reserved = club.reserved().await;
    let dave = club.scrip.user("dave").await;
    befriend(&club.scrip, &club.alice, &dave).await;
    club.scrip.advance("PT15M").await;
    let status = club.alice.coupon(&club.scrip, &reserved.coupon).await.expect(200).body["status"].clone();
    assert_eq!(status, "pooled");
    club.carol.coupon(&club.scrip, &reserved.coupon).await.expect_problem(404, "not-found");
    dave.reserve(&club.scrip, &club.alice.id, &reserved.coupon).await.expect(201);
    let lapsed = club.olga.verify(&club.scrip, STORE, &reserved.code).await.expect(201);
    assert_eq!(lapsed.body["verdict"], "refused");
}
