use crate::api::transcript::Transcript;
use crate::api::world::{PIN, World, money, tea};
use scrip_clock::{SignedDuration, Timestamp};
use serde_json::json;

const PATH: &str = "/verification-requests";

#[tokio::test]
async fn the_user_and_each_terminal_on_the_bill_may_ask() {
    let world = World::start().await;
    let mut told = Transcript::default();
    told.note("the user", &world.open.ask(&world.scrip, &world.alice).await);
    let asked = world.scrip.post(&world.terminal, &world.open.path(PATH), &json!({})).await.expect(201);
    told.note("a terminal", &asked);
    told.note("the bill", &world.scrip.get(&world.alice, &world.open.path("")).await);
    insta::assert_snapshot!(told);

    let until: Timestamp = asked.text("expires_at").parse().unwrap();
    let left = until.duration_since(world.scrip.now().await);
    assert!(left <= SignedDuration::from_mins(15) && left > SignedDuration::from_mins(14), "{left}");
    // It answers the one that was asked last.
    let bill = world.open.read(&world.scrip, &world.alice).await;
    assert_eq!(bill["verification_request"], asked.text("id"));
}

#[tokio::test]
async fn a_bill_takes_no_items_from_then_on() {
    let world = World::start().await;
    world.open.ask(&world.scrip, &world.alice).await.expect(201);
    let code = world.open.code(&world.scrip).await;
    let items = json!({ "presentation_code": code, "items": [tea(1, 1)] });
    let answer = world.unchanged(world.scrip.post(&world.terminal, &world.open.path("/items"), &items)).await;
    answer.refused("add-items", 409, "bill-not-open");
}

#[tokio::test]
async fn nothing_is_to_be_verified_on_an_empty_bill() {
    let world = World::start().await;
    let answer = world.unchanged(world.empty.ask(&world.scrip, &world.alice)).await;
    answer.refused("request-verification", 422, "bill-empty");
    assert_eq!(world.empty.status(&world.scrip, &world.alice).await, "open");
}

#[tokio::test]
async fn nothing_is_to_be_verified_on_a_bill_that_has_ended() {
    let world = World::start().await;
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN).await.expect(200);
    let answer = world.unchanged(world.awaiting.ask(&world.scrip, &world.alice)).await;
    assert_eq!(answer.refused("request-verification", 409, "bill-not-open").body["current"], "settled");
}

#[tokio::test]
async fn a_bill_has_at_most_twenty_verification_requests() {
    let world = World::start().await;
    for _ in 0..20 {
        world.open.ask(&world.scrip, &world.alice).await.expect(201);
    }
    let answer = world.unchanged(world.open.ask(&world.scrip, &world.alice)).await;
    answer.refused("request-verification", 422, "limit-exceeded");
    let bill = world.open.read(&world.scrip, &world.alice).await;
    let last = bill["verification_request"].as_str().unwrap();
    world.open.verify(&world.scrip, &world.alice, last, PIN).await.expect(200);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000 - 600);
}

#[tokio::test]
async fn the_challenge_stands_for_the_request_and_the_total() {
    let world = World::start().await;
    let [first, second] =
        [world.open.ask(&world.scrip, &world.alice).await, world.open.ask(&world.scrip, &world.alice).await];
    assert_eq!((&first.body["total"], &second.body["total"]), (&money(600), &money(600)));
    assert_ne!(first.text("challenge"), second.text("challenge"));
}
