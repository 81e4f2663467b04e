use crate::api::transcript::Transcript;
use crate::api::world::{CARD_NUMBER, World, money};
use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn the_treasury_puts_money_in() {
    let world = World::start().await;
    let earned = world.scrip.balance(&world.shop.owner, &world.shop.account).await;
    let mut told = Transcript::default();
    for (what, account) in
        [("a user's account", &world.account), ("a merchant's account", &world.shop.account)]
    {
        let request = json!({ "amount": money(2_500), "reference": "wire 7" });
        let deposited =
            world.scrip.post(&world.treasury, &format!("/v1/accounts/{account}/deposits"), &request).await;
        told.note(what, &deposited);
    }
    insta::assert_snapshot!(told);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 100_000 - 1_000 + 2_500);
    assert_eq!(world.scrip.balance(&world.shop.owner, &world.shop.account).await, earned + 2_500);
}

#[tokio::test]
async fn a_deposit_is_in_the_accounts_currency() {
    let world = World::start().await;
    let request = json!({ "amount": { "amount": 1, "currency": "JPY" }, "reference": "wire" });
    for account in [&world.account, &world.shop.account] {
        let path = format!("/v1/accounts/{account}/deposits");
        let answer = world.unchanged(world.scrip.post(&world.treasury, &path, &request)).await;
        answer.refused("deposit", 422, "currency-mismatch");
    }
}

#[tokio::test]
async fn an_account_holds_at_most_nine_thousand_of_the_largest_amounts() {
    let scrip = Scrip::start().await;
    let [alice, treasury] = [scrip.user("alice").await, scrip.treasury().await];
    let account = scrip.account(&alice, 0, "KWD").await;
    let path = format!("/v1/accounts/{account}/deposits");
    let most =
        json!({ "amount": { "amount": 1_000_000_000_000_000_i64, "currency": "KWD" }, "reference": "gold" });
    for _ in 0..9 {
        scrip.post(&treasury, &path, &most).await.expect(201);
    }
    let one = json!({ "amount": { "amount": 1, "currency": "KWD" }, "reference": "a straw" });
    for request in [&one, &most] {
        scrip.post(&treasury, &path, request).await.refused("deposit", 422, "amount-too-large");
    }
    assert_eq!(scrip.balance(&alice, &account).await, 9_000_000_000_000_000);
}

#[tokio::test]
async fn other_scopes_are_no_treasury() {
    let world = World::start().await;
    let request = json!({ "amount": money(1), "reference": "wire" });
    let path = format!("/v1/accounts/{}/deposits", world.account);
    for scope in ["", "openid profile", "treasurys", "treasury:read", "TREASURY", "xtreasury"] {
        let user = world.scrip.user_with_scope("alice", scope).await;
        world.scrip.post(&user, &path, &request).await.refused("deposit", 403, "wrong-role");
    }
    let user = world.scrip.user_with_scope("alice", "openid treasury profile").await;
    world.scrip.post(&user, &path, &request).await.expect(201);
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 100_000 - 1_000 + 1);
}

#[tokio::test]
async fn card_numbers_are_refused_as_reference() {
    let world = World::start().await;
    let request = json!({ "amount": money(1), "reference": CARD_NUMBER });
    let path = format!("/v1/accounts/{}/deposits", world.account);
    let answer = world.unchanged(world.scrip.post(&world.treasury, &path, &request)).await;
    answer.refused_field("deposit", "/reference", "card-number-refused");
}
