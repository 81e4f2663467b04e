use crate::api::world::{CARD_NUMBER, World};
use serde_json::json;

#[tokio::test]
async fn who_declines_says_why_and_may_still_pay() {
    let world = World::with_coupons().await;
    let alice = &world.alice;
    let (scrip, otto, request) = (&world.scrip, &world.otto, &world.shelf().circle.requests[0]);
    let declined = request.decline(scrip, otto, &json!({ "reason": "Not there" })).await.expect(200).body;
    assert_eq!((&declined["status"], &declined["reason"]), (&json!("declined"), &json!("Not there")));
    let read = request.read(scrip, alice).await.expect(200).body;
    assert_eq!((&read["status"], &read["shares"][0]["reason"]), (&json!("open"), &json!("Not there")));
    assert_eq!(read["due"]["amount"], 300);
    request.pay(scrip, otto, &world.ottos, &json!({})).await.expect(201);
    let answer = world.unchanged(request.decline(scrip, otto, &json!({}))).await;
    assert_eq!(answer.refused("decline-share", 409, "share-settled").body["current"], "paid");
}

#[tokio::test]
async fn only_a_share_of_an_open_request_is_declined() {
    let world = World::with_coupons().await;
    let (scrip, otto, request) = (&world.scrip, &world.otto, &world.shelf().circle.requests[0]);
    let card = world.unchanged(request.decline(scrip, otto, &json!({ "reason": CARD_NUMBER }))).await;
    card.refused_field("decline-share", "/reason", "card-number-refused");
    request.decline(scrip, &world.alice, &json!({})).await.refused("decline-share", 404, "not-found");
    request.stop(scrip, &world.alice).await.expect(200);
    let answer = world.unchanged(request.decline(scrip, otto, &json!({}))).await;
    answer.refused("decline-share", 409, "request-not-open");
}
