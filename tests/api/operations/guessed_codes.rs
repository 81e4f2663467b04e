//! Who guesses codes is slowed; the user whose codes they are is told, and goes on to pay.

use crate::api::world::{PIN, SECURE_CODE, World};
use scrip_test_support::{Answer, Pos, Scrip, Shop, User};
use serde_json::{Value, json};

const WRONG_CODE: &str = "100000000000";

#[track_caller]
fn decision(answer: &Answer) -> &str {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["decision"].as_str().unwrap()
}

/// What a user was told of locks, oldest first.
async fn told(scrip: &Scrip, user: &User) -> Vec<Value> {
    let page = scrip.get(user, "/v1/notifications").await.expect(200).body;
    let notes = page["items"].as_array().unwrap().iter().rev();
    notes.filter(|note| note["kind"] == "codes-locked").cloned().collect()
}

/// A shop that nobody has ever paid, with so many points of sale.
async fn stranger(scrip: &Scrip, owner: &str, points: usize) -> (Shop, Vec<Pos>) {
    let shop = scrip.shop(owner, "CNY").await;
    let mut registered = Vec::new();
    for _ in 0..points {
        registered.push(shop.pos(scrip).await);
    }
    (shop, registered)
}

async fn guess(world: &World, pos: &Pos, times: usize) {
    for _ in 0..times {
        assert_eq!(decision(&pos.ask(&world.scrip, "otto", WRONG_CODE, 100).await), "declined");
    }
}

#[tokio::test]
async fn a_stranger_with_points_of_sale_locks_nobody_out_where_they_pay() {
    let world = World::start().await;
    let (shop, points) = stranger(&world.scrip, "wanda", 4).await;
    assert_eq!(told(&world.scrip, &world.otto).await, [] as [Value; 0]);

    for pos in &points {
        guess(&world, pos, 4).await;
    }

    // The stranger finds even the right code not accepted, at each point of sale.
    for pos in &points {
        assert_eq!(decision(&pos.ask(&world.scrip, "otto", SECURE_CODE, 100).await), "declined");
    }
    let paid = world.pos.ask(&world.scrip, "otto", SECURE_CODE, 100).await;
    assert_eq!(decision(&paid), "approved", "{}", paid.body);
    let notes = told(&world.scrip, &world.otto).await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!((&notes[0]["scope"], &notes[0]["merchant"]), (&json!("merchant"), &json!(shop.id)));
    assert!(notes[0]["until"].is_string());
}

#[tokio::test]
async fn many_strangers_lock_each_other_out_and_a_new_authorization_lets_new_shops_in_again() {
    let world = World::start().await;
    for owner in ["wanda", "willem", "wilma"] {
        let (_, points) = stranger(&world.scrip, owner, 1).await;
        guess(&world, &points[0], 5).await;
    }
    let (_, new) = stranger(&world.scrip, "nina", 1).await;
    let at_new = async |code: &str| {
        let answer = new[0].ask(&world.scrip, "otto", code, 100).await;
        decision(&answer).to_owned()
    };
    assert_eq!(at_new(SECURE_CODE).await, "declined");
    let paid = world.pos.ask(&world.scrip, "otto", SECURE_CODE, 100).await;
    assert_eq!(decision(&paid), "approved", "{}", paid.body);
    let scopes: Vec<_> =
        told(&world.scrip, &world.otto).await.into_iter().map(|note| note["scope"].clone()).collect();
    assert_eq!(scopes, ["merchant", "new-merchants"]);

    // That takes the PIN: it is the user who does it.
    let more = world.otto.authorize_static(&world.scrip, &world.ottos, PIN, "581930274615", json!({})).await;
    more.expect(201);
    assert_eq!(at_new("581930274615").await, "approved");
}

#[tokio::test]
async fn nobody_is_told_of_guesses_at_somebody_who_does_not_exist() {
    let world = World::start().await;
    let (_, points) = stranger(&world.scrip, "wanda", 1).await;
    for _ in 0..6 {
        let answer = points[0].ask(&world.scrip, "nadia", WRONG_CODE, 100).await;
        assert_eq!(decision(&answer), "declined");
    }
    let nadia = world.scrip.user("nadia").await;
    assert_eq!(world.scrip.get(&nadia, "/v1/notifications").await.expect(200).body["items"], json!([]));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn a_user_is_told_of_the_same_lock_once_an_hour() {
    let world = World::start().await;
    let (_, points) = stranger(&world.scrip, "wanda", 1).await;
    guess(&world, &points[0], 5).await;
    for _ in 0..3 {
        world.scrip.advance("PT16M").await;
        guess(&world, &points[0], 1).await;
    }
    let otto = world.scrip.user("otto").await;
    assert_eq!(told(&world.scrip, &otto).await.len(), 1);
    world.scrip.advance("PT16M").await;
    guess(&world, &points[0], 1).await;
    let otto = world.scrip.user("otto").await;
    assert_eq!(told(&world.scrip, &otto).await.len(), 2);
}
