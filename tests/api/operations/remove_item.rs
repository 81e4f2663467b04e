use crate::api::transcript::Transcript;
use crate::api::world::{World, addition, delete, money, next_code, tea};
use scrip_test_support::Answer;
use serde_json::json;

async fn remove(world: &World) -> Answer {
    let path = world.open.path(&format!("/items/{}", world.item));
    delete(&world.scrip, &world.terminal, &path).await
}

#[tokio::test]
async fn an_item_is_taken_off_once() {
    let world = World::start().await;
    let items = addition(&world.scrip, &world.open, json!([tea(1, 10), tea(2, 20), tea(3, 30)])).await;
    let added = world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(201);
    let second = added.body["items"][1]["id"].as_str().unwrap();
    let path = world.open.path(&format!("/items/{second}"));
    let mut told = Transcript::default();
    told.note("taken off", &delete(&world.scrip, &world.terminal, &path).await);
    let once = world.state().await;
    told.note("once more", &delete(&world.scrip, &world.terminal, &path).await);
    assert_eq!(world.state().await, once);
    told.note("the bill", &world.scrip.get(&world.terminal, &world.open.path("")).await);
    insta::assert_snapshot!(told);
    assert_eq!(once.to_string().matches(second).count(), 0);
    assert_eq!(world.open.read(&world.scrip, &world.alice).await["total"], money(600 + 10 + 90));
}

#[tokio::test]
async fn taking_all_items_off_leaves_an_empty_bill() {
    let world = World::start().await;
    remove(&world).await.expect(204);
    let bill = world.open.read(&world.scrip, &world.alice).await;
    assert_eq!((&bill["total"], &bill["by_merchant"], &bill["items"]), (&money(0), &json!([]), &json!([])));
    world.open.ask(&world.scrip, &world.alice).await.refused("request-verification", 422, "bill-empty");
    world.scrip.post(&world.alice, &world.open.path("/cancellations"), &json!({})).await.expect(200);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by minutes")]
async fn an_item_is_taken_off_within_five_minutes() {
    let world = World::start().await;
    let items = addition(&world.scrip, &world.open, json!([tea(1, 10), tea(2, 20)])).await;
    let added = world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(201);
    let path = |place: usize| {
        world.open.path(&format!("/items/{}", added.body["items"][place]["id"].as_str().unwrap()))
    };
    world.scrip.advance("PT4M50S").await;
    delete(&world.scrip, &world.terminal, &path(0)).await.expect(204);
    world.scrip.advance("PT11S").await;
    let answer = world.unchanged(delete(&world.scrip, &world.terminal, &path(1))).await;
    answer.refused("remove-item", 409, "removal-window-over");
    // What is off already stays off, and to say so is no mistake.
    delete(&world.scrip, &world.terminal, &path(0)).await.expect(204);
}

#[tokio::test]
async fn an_item_is_taken_off_an_open_bill_by_the_terminal_that_added_it() {
    let world = World::start().await;
    let colleague = world.shop.terminal(&world.scrip).await;
    next_code(&world.scrip).await;
    world.open.add(&world.scrip, &colleague, 1, 1).await.expect(201);
    let path = world.open.path(&format!("/items/{}", world.item));
    let answer = world.unchanged(delete(&world.scrip, &colleague, &path)).await;
    answer.refused("remove-item", 404, "not-found");
    // Nor under another bill, nor from a place at which nothing is.
    let elsewhere = world.awaiting.path(&format!("/items/{}", world.item));
    delete(&world.scrip, &world.terminal, &elsewhere).await.refused("remove-item", 404, "not-found");
    for place in ["01", "49", "50", "99", "-1", "+1", "0"] {
        let item = format!("{}{place}", &world.item[..world.item.len() - 2]);
        let path = world.open.path(&format!("/items/{item}"));
        delete(&world.scrip, &world.terminal, &path).await.refused("remove-item", 404, "not-found");
    }
    world.open.ask(&world.scrip, &world.alice).await.expect(201);
    let answer = world.unchanged(remove(&world)).await;
    assert_eq!(answer.refused("remove-item", 409, "bill-not-open").body["current"], "awaiting_verification");
}
