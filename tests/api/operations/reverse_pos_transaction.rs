use crate::api::world::{ORDER, PIN, SECURE_CODE, World, money};
use scrip_test_support::{Pos, fresh_key};
use serde_json::{Value, json};

impl World {
    /// Uses and money left of Otto's authorization.
    async fn left(&self) -> (i64, i64) {
        let listed = self.scrip.get(&self.otto, "/v1/offline/authorizations").await.expect(200).body;
        let first =
            &listed["items"].as_array().unwrap().iter().find(|one| one["scheme"] == "static").unwrap();
        (first["uses_left"].as_i64().unwrap(), first["remaining"]["amount"].as_i64().unwrap())
    }
}

#[tokio::test]
async fn the_payer_has_the_money_back_and_the_authorization_its_use() {
    let world = World::start().await;
    let before = world.has().await;
    let (uses, remaining) = world.left().await;
    let key = fresh_key();
    let reversed = world.pos.reverse_keyed(&world.scrip, &key, &world.paid).await.expect(201);
    insta::assert_snapshot!(reversed.snapshot());
    assert_eq!((world.spent(before).await, world.left().await), (-900, (uses + 1, remaining + 900)));
    assert_eq!(world.pos.read(&world.scrip, ORDER).await.expect(200).body, reversed.body);

    let again = world.unchanged(world.pos.reverse_keyed(&world.scrip, &key, &world.paid)).await;
    assert_eq!((&again.body, again.is_replay()), (&reversed.body, true));
    let other = world.unchanged(world.pos.reverse(&world.scrip, &world.paid)).await;
    let other = other.refused("reverse-pos-transaction", 409, "transaction-reversed");
    assert_eq!(other.body["current"], "reversed");
    world.scrip.check_books().await;
}

#[tokio::test]
async fn what_was_reversed_is_not_paid_again() {
    let world = World::start().await;
    world.pos.reverse(&world.scrip, ORDER).await.expect(201);
    let order = Pos::order(ORDER, "otto", SECURE_CODE, 900);
    let answer = world.unchanged(world.pos.send(&world.scrip, &order)).await.expect(201);
    assert_eq!((&answer.body["decision"], &answer.body["reason"]), (&json!("declined"), &json!("reversed")));
}

#[tokio::test]
async fn a_reversal_that_comes_first_wins() {
    let world = World::start().await;
    let (key, reversal) = (fresh_key(), fresh_key());
    let closed = world.pos.reverse_keyed(&world.scrip, &reversal, "order-20").await.expect(201);
    insta::assert_snapshot!(closed.snapshot());

    let order = Pos::order("order-20", "otto", SECURE_CODE, 300);
    let late = world.unchanged(world.pos.send_keyed(&world.scrip, &key, &order)).await.expect(201);
    assert_eq!((&late.body["decision"], &late.body["reason"]), (&json!("declined"), &json!("reversed")));
    assert_eq!((&late.body["status"], &late.body["amount"]), (&json!("reversed"), &money(300)));
    assert!(!late.is_replay());
    let again = world.pos.send_keyed(&world.scrip, &key, &order).await;
    assert_eq!((&again.body, again.is_replay()), (&late.body, true));
    let again = world.pos.reverse_keyed(&world.scrip, &reversal, "order-20").await;
    assert_eq!((&again.body, again.is_replay()), (&closed.body, true));
    let other = world.pos.reverse(&world.scrip, "order-20").await;
    other.refused("reverse-pos-transaction", 409, "transaction-reversed");
}

#[tokio::test]
async fn what_waits_for_a_pin_can_be_given_up() {
    let world = World::start().await;
    let terms = json!({ "pin_above": money(1) });
    world.otto.authorize_static(&world.scrip, &world.ottos, PIN, "581930274615", terms).await.expect(201);
    let mut order = Pos::order("order-21", "otto", "581930274615", 300);
    let asked = world.pos.send(&world.scrip, &order).await.expect(201);
    assert_eq!(asked.body["reason"], "pin-required");
    world.pos.reverse(&world.scrip, &asked.text("id")).await.expect(201);
    order["pin"] = json!(PIN);
    let answer = world.unchanged(world.pos.send(&world.scrip, &order)).await.expect(201);
    assert_eq!(answer.body["reason"], "reversed");
}

#[tokio::test]
async fn a_decline_leaves_nothing_to_reverse() {
    let world = World::start().await;
    let declined = world.pos.ask(&world.scrip, "otto", "100000000000", 100).await.expect(201).text("id");
    let answer = world.unchanged(world.pos.reverse(&world.scrip, &declined)).await;
    let answer = answer.refused("reverse-pos-transaction", 409, "transaction-declined");
    assert_eq!(answer.body["current"], "declined");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn what_is_settled_is_not_reversed() {
    let world = World::start().await;
    world.scrip.advance("PT31M").await;
    let answer = world.pos.reverse(&world.scrip, &world.paid).await;
    let answer = answer.refused("reverse-pos-transaction", 409, "transaction-settled");
    assert_eq!(answer.body["current"], "settled");
    let read = world.pos.read(&world.scrip, ORDER).await.expect(200).body;
    assert_eq!((&read["status"], &read["decision"]), (&json!("settled"), &json!("approved")));
    assert!(read["settled_at"].is_string());
    world.scrip.check_books().await;
}

#[tokio::test]
async fn an_account_that_takes_nothing_gets_nothing_back() {
    let world = World::start().await;
    world.close(&world.ottos).await;
    let answer = world.unchanged(world.pos.reverse(&world.scrip, &world.paid)).await;
    answer.refused("reverse-pos-transaction", 422, "account-closed");

    let world = World::start().await;
    world.fill(&world.ottos).await;
    let answer = world.pos.reverse(&world.scrip, &world.paid).await;
    answer.refused("reverse-pos-transaction", 422, "amount-too-large");
}

#[tokio::test]
async fn an_authorization_that_has_ended_gets_nothing_back_but_the_payer_does() {
    let world = World::start().await;
    let before = world.has().await;
    let terms = json!({ "limit": money(1_000), "per_transaction_limit": money(1_000), "reserve": true });
    let reserved = world.otto.authorize_static(&world.scrip, &world.ottos, PIN, "581930274615", terms).await;
    let id = reserved.expect(201).text("id");
    let paid = world.pos.ask(&world.scrip, "otto", "581930274615", 400).await.expect(201);
    assert_eq!(paid.body["decision"], "approved");
    let path = format!("/v1/offline/authorizations/{id}");
    let revoked = world.scrip.change(reqwest::Method::DELETE, &world.otto, &path, &Value::Null).await;
    assert!((200..300).contains(&revoked.status));

    world.pos.reverse(&world.scrip, &paid.text("id")).await.expect(201);

    let account = format!("/v1/accounts/{}", world.ottos);
    let account = world.scrip.get(&world.otto, &account).await.expect(200).body;
    assert_eq!((&account["balance"], &account["available"]), (&money(before), &money(before)));
    world.scrip.check_books().await;
}

#[tokio::test]
async fn what_was_reserved_is_reserved_again() {
    let world = World::start().await;
    let before = world.has().await;
    let terms = json!({ "limit": money(1_000), "per_transaction_limit": money(1_000), "reserve": true });
    let reserved = world.otto.authorize_static(&world.scrip, &world.ottos, PIN, "581930274615", terms).await;
    reserved.expect(201);
    let account = format!("/v1/accounts/{}", world.ottos);
    let left = async || {
        let account = world.scrip.get(&world.otto, &account).await.expect(200).body;
        (account["balance"]["amount"].as_i64().unwrap(), account["available"]["amount"].as_i64().unwrap())
    };
    assert_eq!(left().await, (before, before - 1_000));
    let paid = world.pos.ask(&world.scrip, "otto", "581930274615", 400).await.expect(201).text("id");
    assert_eq!(left().await, (before - 400, before - 1_000));
    world.pos.reverse(&world.scrip, &paid).await.expect(201);
    assert_eq!(left().await, (before, before - 1_000));
}
