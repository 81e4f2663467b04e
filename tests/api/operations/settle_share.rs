use crate::api::world::World;
use serde_json::json;

#[tokio::test]
async fn a_share_is_waived_or_paid_outside_and_either_is_taken_back() {
    let world = World::with_coupons().await;
    let (scrip, alice, request) = (&world.scrip, &world.alice, &world.shelf().circle.requests[0]);
    let part = json!({ "amount": { "amount": 100, "currency": "CNY" } });
    request.pay(scrip, &world.otto, &world.ottos, &part).await.expect(201);
    for (version, status, stands, due) in [
        (1, "paid_outside", "completed", 0),
        (2, "due", "open", 200),
        (3, "waived", "completed", 0),
        (4, "paid_outside", "completed", 0),
    ] {
        for _ in 0..2 {
            let set = request.settle(scrip, alice, "otto", version, status).await.expect(200).body;
            assert_eq!((&set["status"], &set["version"]), (&json!(status), &json!(version + 1)));
        }
        let read = request.read(scrip, alice).await.expect(200).body;
        assert_eq!((&read["status"], &read["due"]["amount"]), (&json!(stands), &json!(due)), "{status}");
        assert_eq!(read["collected"]["amount"], 100, "without what was paid outside");
    }
    let due = scrip.get(&world.otto, "/v1/payment-requests?status=due").await.expect(200).body;
    assert!(!due.to_string().contains(&request.id));
}

#[tokio::test]
async fn only_what_is_not_paid_is_settled_by_the_version_that_was_seen() {
    let world = World::with_coupons().await;
    let (scrip, alice) = (&world.scrip, &world.alice);
    let [paid, stopped, ..] = &world.shelf().circle.requests;
    let stale = world.unchanged(paid.settle(scrip, alice, "otto", 2, "waived")).await;
    assert_eq!(stale.refused("settle-share", 409, "version-stale").body["current"], 1);
    paid.settle(scrip, alice, "olga", 1, "waived").await.refused("settle-share", 404, "not-found");
    paid.settle(scrip, &world.otto, "otto", 1, "waived").await.refused("settle-share", 403, "wrong-role");
    paid.pay(scrip, &world.otto, &world.ottos, &json!({})).await.expect(201);
    let settled = world.unchanged(paid.settle(scrip, alice, "otto", 1, "waived")).await;
    settled.refused("settle-share", 409, "share-settled");
    stopped.stop(scrip, alice).await.expect(200);
    let ended = world.unchanged(stopped.settle(scrip, alice, "otto", 1, "waived")).await;
    ended.refused("settle-share", 409, "request-not-open");
}
