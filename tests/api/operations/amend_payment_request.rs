use crate::api::world::{CARD_NUMBER, World};
use scrip_clock::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn until(request: &Value) -> Timestamp {
    request["expires_at"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn who_asks_gives_more_time_and_another_note() {
    let world = World::with_coupons().await;
    let (scrip, alice, request) = (&world.scrip, &world.alice, &world.shelf().circle.requests[0]);
    let before = request.read(scrip, alice).await.expect(200).body;
    let terms = json!({ "version": 1, "note": "Supper", "extend_by": "P2D" });
    for _ in 0..2 {
        let amended = request.amend(scrip, alice, &terms).await.expect(200).body;
        assert_eq!((&amended["note"], &amended["version"]), (&json!("Supper"), &json!(2)));
        assert_eq!(until(&amended), until(&before) + SignedDuration::from_hours(48));
        assert_eq!(request.read(scrip, &world.otto).await.expect(200).body["note"], "Supper");
    }
    let stale = request.amend(scrip, alice, &json!({ "version": 1, "note": "Lunch" })).await;
    assert_eq!(stale.refused("amend-payment-request", 409, "version-stale").body["current"], 2);
    request.pay(scrip, &world.otto, &world.ottos, &json!({})).await.expect(201);
}

#[tokio::test]
async fn only_who_asks_changes_a_request_that_is_open_within_its_bounds() {
    let world = World::with_coupons().await;
    let (scrip, alice, request) = (&world.scrip, &world.alice, &world.shelf().circle.requests[0]);
    let amend = async |terms: Value| world.unchanged(request.amend(scrip, alice, &terms)).await;
    let card = amend(json!({ "version": 1, "note": CARD_NUMBER })).await;
    card.refused_field("amend-payment-request", "/note", "card-number-refused");
    let nothing = amend(json!({ "version": 1 })).await;
    nothing.refused_field("amend-payment-request", "/note", "missing-field");
    let long = amend(json!({ "version": 1, "extend_by": "P24D" })).await;
    long.refused_field("amend-payment-request", "/extend_by", "out-of-range");
    let asked = request.amend(scrip, &world.otto, &json!({ "version": 1, "note": "No" })).await;
    asked.refused("amend-payment-request", 403, "wrong-role");
    request.stop(scrip, alice).await.expect(200);
    let ended = amend(json!({ "version": 1, "note": "Late" })).await;
    ended.refused("amend-payment-request", 409, "request-not-open");
}
