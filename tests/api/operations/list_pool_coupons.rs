use scrip_test_support::coupons::{Club, STORE};
use serde_json::{Value, json};

#[tokio::test]
async fn who_leaves_the_contacts_has_no_access_from_then_on() {
    let club = Club::open().await;
    let reserved = club.reserved().await;
    let other = club.shared().await;
    assert_eq!(
        club.carol.pool(&club.scrip, &club.alice.id).await.expect(200).body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    club.carol.coupon(&club.scrip, &reserved.coupon).await.expect(200);

    club.alice.remove_contact(&club.scrip, &club.carol.id).await.expect(204);
    club.carol.pool(&club.scrip, &club.alice.id).await.expect_problem(404, "not-found");
    club.carol.coupon(&club.scrip, &reserved.coupon).await.expect_problem(404, "not-found");
    club.carol.ask_code(&club.scrip, &reserved.coupon).await.expect_problem(404, "not-found");
    let reserve = club.carol.reserve(&club.scrip, &club.alice.id, &other).await;
    reserve.expect_problem(404, "not-found");
    let used = club.olga.verify_order(&club.scrip, STORE, &reserved.code, 5_000).await.expect(201);
    assert_eq!(
        (&used.body["verdict"], &used.body["reason"]),
        (&json!("refused"), &json!("not-shared-with-you"))
    );
}

#[tokio::test]
async fn the_owner_sees_what_came_back_and_a_contact_does_not() {
    let club = Club::open().await;
    let reserved = club.reserved().await;
    let of = |pool: Value| pool["items"][0].clone();
    let owners = of(club.alice.pool(&club.scrip, &club.alice.id).await.expect(200).body);
    assert_eq!(
        (&owners["status"], &owners["reservation"]["user"]),
        (&json!("reserved"), &json!(club.carol.id))
    );
    let used = club.olga.verify_order(&club.scrip, STORE, &reserved.code, 5_000).await.expect(201);
    club.scrip.followed_up(&used.text("id")).await;

    let dave = club.scrip.user("dave").await;
    scrip_test_support::coupons::befriend(&club.scrip, &club.alice, &dave).await;
    let owners = of(club.alice.pool(&club.scrip, &club.alice.id).await.expect(200).body);
    assert_eq!(
        (&owners["shared_by"], &owners["redeemed"]["user"]),
        (&json!(club.alice.id), &json!(club.carol.id))
    );
    assert!(owners["redeemed"]["reward"].as_str().unwrap().starts_with("cpn_"));
    let contacts =
        of(club.scrip.get(&dave, &club.scrip.pool_path(&club.alice.id, "")).await.expect(200).body);
    assert_eq!((&contacts["status"], &contacts["redeemed"]), (&json!("redeemed"), &Value::Null));
}
