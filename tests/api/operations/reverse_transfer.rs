use crate::api::transcript::Transcript;
use crate::api::world::{CARD_NUMBER, World, money, transfer};
use scrip_test_support::Scrip;
use serde_json::json;

fn path(world: &World) -> String {
    format!("/v1/transfers/{}/reversals", world.transfer)
}

#[tokio::test]
async fn a_transfer_goes_back_in_parts_and_then_the_rest() {
    let world = World::start().await;
    let bob = &world.shop.owner;
    let before = world.scrip.balance(bob, &world.shop.account).await;
    let mut told = Transcript::default();
    let part = json!({ "amount": money(300), "reference": "cold tea" });
    told.note("a part", &world.scrip.post(bob, &path(&world), &part).await);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_300);
    told.note("too much", &world.scrip.post(bob, &path(&world), &json!({ "amount": money(701) })).await);
    told.note("the rest", &world.scrip.post(bob, &path(&world), &json!({})).await);
    told.note("once more", &world.scrip.post(bob, &path(&world), &json!({})).await);
    told.note(
        "the transfer",
        &world.scrip.get(&world.alice, &format!("/v1/transfers/{}", world.transfer)).await,
    );
    insta::assert_snapshot!(told);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 100_000);
    assert_eq!(world.scrip.balance(bob, &world.shop.account).await, before - 1_000);
}

#[tokio::test]
async fn no_more_goes_back_than_was_sent() {
    let world = World::start().await;
    let bob = &world.shop.owner;
    for amount in [1_001, 1_000_000_000_000_000] {
        let request = json!({ "amount": money(amount) });
        let answer = world.unchanged(world.scrip.post(bob, &path(&world), &request)).await;
        let answer = answer.refused("reverse-transfer", 422, "reversal-exceeds-transfer");
        assert_eq!(answer.body["left"], 1_000);
    }
    world.scrip.post(bob, &path(&world), &json!({ "amount": money(1_000) })).await.expect(201);
}

#[tokio::test]
async fn what_the_payee_no_longer_has_does_not_go_back() {
    let world = World::start().await;
    let (bob, shop) = (&world.shop.owner, &world.shop.account);
    let all_but_one = world.scrip.balance(bob, shop).await - 1;
    world.scrip.post(bob, "/v1/transfers", &transfer(shop, &world.mallorys, all_but_one)).await.expect(201);
    let answer = world.unchanged(world.scrip.post(bob, &path(&world), &json!({}))).await;
    answer.refused("reverse-transfer", 422, "insufficient-funds");
    world.scrip.post(bob, &path(&world), &json!({ "amount": money(1) })).await.expect(201);
}

#[tokio::test]
async fn a_reversal_is_in_the_transfers_currency() {
    let world = World::start().await;
    let yen = json!({ "amount": { "amount": 1, "currency": "JPY" } });
    let answer = world.unchanged(world.scrip.post(&world.shop.owner, &path(&world), &yen)).await;
    answer.refused("reverse-transfer", 422, "currency-mismatch");
}

#[tokio::test]
async fn neither_reversals_nor_deposits_are_reversed() {
    let world = World::start().await;
    let reversal =
        world.scrip.post(&world.shop.owner, &path(&world), &json!({})).await.expect(201).text("id");
    let entries = world.scrip.get(&world.alice, &format!("/v1/accounts/{}/entries", world.account)).await;
    let deposit =
        entries.body["items"].as_array().unwrap().iter().find(|entry| entry["kind"] == "deposit").unwrap();
    for transfer in [reversal.as_str(), deposit["transfer"].as_str().unwrap()] {
        let reverse = format!("/v1/transfers/{transfer}/reversals");
        let answer = world.unchanged(world.scrip.post(&world.alice, &reverse, &json!({}))).await;
        answer.refused("reverse-transfer", 422, "not-reversible");
    }
}

#[tokio::test]
async fn a_merchants_server_sends_back_what_users_paid() {
    let world = World::start().await;
    world.scrip.post(&world.server, &path(&world), &json!({ "amount": money(1) })).await.expect(201);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_001);
}

#[tokio::test]
async fn a_full_payer_gets_nothing_back() {
    let scrip = Scrip::start().await;
    let [alice, treasury] = [scrip.user("alice").await, scrip.treasury().await];
    let account = scrip.account(&alice, 10, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    let sent = scrip
        .post(&alice, "/v1/transfers", &transfer(&account, &shop.account, 10))
        .await
        .expect(201)
        .text("id");
    let most = json!({ "amount": money(1_000_000_000_000_000), "reference": "gold" });
    for _ in 0..9 {
        scrip.post(&treasury, &format!("/v1/accounts/{account}/deposits"), &most).await.expect(201);
    }
    let answer = scrip.post(&shop.owner, &format!("/v1/transfers/{sent}/reversals"), &json!({})).await;
    answer.refused("reverse-transfer", 422, "amount-too-large");
    assert_eq!(scrip.balance(&shop.owner, &shop.account).await, 10);
}

#[tokio::test]
async fn card_numbers_are_refused_as_reference() {
    let world = World::start().await;
    let request = json!({ "reference": CARD_NUMBER });
    let answer = world.unchanged(world.scrip.post(&world.shop.owner, &path(&world), &request)).await;
    answer.refused_field("reverse-transfer", "/reference", "card-number-refused");
}
