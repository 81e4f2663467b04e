use super::late::late;
use crate::api::transcript::Transcript;
use crate::api::world::{PIN, World, delete};
use scrip_test_support::{Answer, Bill};
use serde_json::json;

async fn cancel(world: &World, bill: &Bill) -> Answer {
    world.scrip.post(&world.alice, &bill.path("/cancellations"), &json!({})).await
}

#[tokio::test]
async fn an_empty_bill_is_given_up() {
    let world = World::start().await;
    let mut told = Transcript::default();
    told.note("cancelled", &cancel(&world, &world.empty).await);
    told.note("once more with another key", &cancel(&world, &world.empty).await);
    insta::assert_snapshot!(told);
    let again = world.unchanged(cancel(&world, &world.empty)).await;
    assert_eq!(again.refused("cancel-bill", 409, "bill-not-open").body["current"], "cancelled");
}

#[tokio::test]
async fn a_bill_with_items_is_not_given_up() {
    let world = World::start().await;
    let answer = world.unchanged(cancel(&world, &world.open)).await;
    answer.refused("cancel-bill", 409, "bill-not-empty");
    let item = world.open.path(&format!("/items/{}", world.item));
    delete(&world.scrip, &world.terminal, &item).await.expect(204);
    cancel(&world, &world.open).await.expect(200);
}

#[tokio::test]
async fn a_bill_that_waits_or_has_ended_is_not_given_up() {
    let world = World::start().await;
    let answer = world.unchanged(cancel(&world, &world.awaiting)).await;
    assert_eq!(answer.refused("cancel-bill", 409, "bill-not-open").body["current"], "awaiting_verification");
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN).await.expect(200);
    let answer = world.unchanged(cancel(&world, &world.awaiting)).await;
    assert_eq!(answer.refused("cancel-bill", 409, "bill-not-open").body["current"], "settled");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it stops the workflow")]
async fn a_bill_whose_time_is_over_is_not_given_up() {
    let world = World::start().await;
    let (_, _, empty) = late(&world).await;
    cancel(&world, &empty).await.refused("cancel-bill", 422, "expired");

    // Then the workflow notices.
    world.scrip.advance("PT1S").await;
    assert_eq!(empty.status(&world.scrip, &world.alice).await, "expired");
    let answer = cancel(&world, &empty).await;
    assert_eq!(answer.refused("cancel-bill", 409, "bill-not-open").body["current"], "expired");
}
