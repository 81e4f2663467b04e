//! Bills whose time is over, before their workflow has noticed.

use crate::api::world::{World, addition, delete, patch, tea};
use scrip_clock::SignedDuration;
use scrip_test_support::Bill;
use serde_json::json;

/// A bill with an item whose minute is over, and one without items.
pub async fn late(world: &World) -> (Bill, String, Bill) {
    let terms = json!({ "effective_for": "PT1M" });
    let [bill, empty] = [
        world.alice.open_bill(&world.scrip, &world.account, terms.clone()).await,
        world.alice.open_bill(&world.scrip, &world.account, terms).await,
    ];
    let added = bill.add(&world.scrip, &world.terminal, 1, 100).await.expect(201);
    world.scrip.settle().await;
    // Past the workflow, which would expire them at once.
    world.scrip.running().clock().advance(SignedDuration::from_secs(61));
    (bill, added.body["items"][0]["id"].as_str().unwrap().to_owned(), empty)
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it stops the workflow")]
async fn a_bill_whose_time_is_over_is_not_changed() {
    let world = World::start().await;
    let (bill, item, empty) = late(&world).await;
    let scrip = &world.scrip;
    let items = addition(scrip, &bill, json!([tea(1, 1)])).await;
    let added = scrip.post(&world.terminal, &bill.path("/items"), &items).await;
    added.refused("add-items", 422, "expired");
    let removed = delete(scrip, &world.terminal, &bill.path(&format!("/items/{item}"))).await;
    removed.refused("remove-item", 422, "expired");
    let amended =
        patch(scrip, &world.alice, &bill.path(""), &json!({ "version": 1, "extend_by": "PT1H" })).await;
    amended.refused("amend-bill", 422, "expired");
    empty.ask(scrip, &world.alice).await.refused("request-verification", 422, "expired");
}

/// Where a bill stands does not depend on when somebody writes it down.
#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it stops the workflow")]
async fn status_is_true_at_its_instant() {
    let world = World::start().await;
    let (bill, _, empty) = late(&world).await;
    let scrip = &world.scrip;
    let stands = async |bill: &Bill| bill.status(scrip, &world.alice).await;
    assert_eq!(
        (stands(&bill).await, stands(&empty).await),
        ("awaiting_verification".into(), "expired".into())
    );
    let listed = scrip.get(&world.alice, "/v1/bills").await.expect(200).body;
    let of = |bill: &Bill| {
        let items = listed["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == bill.id.as_str()).unwrap()["status"].clone()
    };
    assert_eq!((of(&bill), of(&empty)), (json!("awaiting_verification"), json!("expired")));

    // Its user need not wait for the workflow either, which finds it asked for.
    let request = bill.ask(scrip, &world.alice).await.expect(201).text("id");
    scrip.advance("PT1M").await;
    let read = bill.read(scrip, &world.alice).await;
    assert_eq!(
        (&read["status"], &read["verification_request"]),
        (&json!("awaiting_verification"), &json!(request))
    );
    scrip.running().clock().advance(SignedDuration::from_mins(15));
    assert_eq!(stands(&bill).await, "unpaid");
    bill.ask(scrip, &world.alice).await.refused("request-verification", 422, "expired");
    scrip.advance("PT1S").await;
    assert_eq!(stands(&bill).await, "unpaid");
}
