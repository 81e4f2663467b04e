use crate::api::transcript::Transcript;
use crate::api::world::{CARD_NUMBER, NOBODY, World, money, transfer};
use scrip_test_support::Scrip;
use serde_json::json;

const PATH: &str = "/v1/transfers";

#[tokio::test]
async fn money_moves_from_one_account_to_another() {
    let world = World::start().await;
    let earned = world.scrip.balance(&world.shop.owner, &world.shop.account).await;
    let mut told = Transcript::default();
    let mut order = transfer(&world.account, &world.mallorys, 250);
    told.note("without a reference", &world.scrip.post(&world.alice, PATH, &order).await);
    order["reference"] = json!("房租 May");
    told.note("with one", &world.scrip.post(&world.alice, PATH, &order).await);
    let refund = transfer(&world.shop.account, &world.account, 40);
    told.note("from a merchant, by its owner", &world.scrip.post(&world.shop.owner, PATH, &refund).await);
    insta::assert_snapshot!(told);

    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000 - 500 + 40);
    assert_eq!(world.scrip.balance(&world.mallory, &world.mallorys).await, 1_000);
    assert_eq!(world.scrip.balance(&world.shop.owner, &world.shop.account).await, earned - 40);
}

#[tokio::test]
async fn what_an_account_lacks_is_not_sent() {
    let world = World::start().await;
    for (from, sender) in [(&world.mallorys, &world.mallory), (&world.shop.account, &world.shop.owner)] {
        let too_much = world.scrip.balance(sender, from).await + 1;
        let order = transfer(from, &world.account, too_much);
        let answer = world.unchanged(world.scrip.post(sender, PATH, &order)).await;
        answer.refused("transfer", 422, "insufficient-funds");
        world.scrip.post(sender, PATH, &transfer(from, &world.account, too_much - 1)).await.expect(201);
        assert_eq!(world.scrip.balance(sender, from).await, 0);
    }
}

#[tokio::test]
async fn a_refused_transfer_changes_nothing() {
    let world = World::start().await;
    let unknown = format!("acct_u{NOBODY}");
    let (alice, account, shop) = (&world.alice, &world.account, &world.shop.account);
    let send = async |order| world.unchanged(world.scrip.post(alice, PATH, &order)).await;

    send(transfer(account, account, 1)).await.refused("transfer", 422, "same-account");
    send(transfer(account, &unknown, 1)).await.refused_field("transfer", "/to", "not-found");
    send(transfer(&unknown, account, 1)).await.refused_field("transfer", "/from", "not-found");
    send(transfer(&world.mallorys, account, 1)).await.refused_field("transfer", "/from", "not-found");
    send(transfer(shop, account, 1)).await.refused_field("transfer", "/from", "not-found");
    send(transfer("", account, 1)).await.refused_field("transfer", "/from", "not-found");
    send(transfer(account, "bob", 1)).await.refused_field("transfer", "/to", "not-found");
    let mut yen = transfer(account, shop, 1);
    yen["amount"]["currency"] = json!("JPY");
    send(yen).await.refused("transfer", 422, "currency-mismatch");
}

#[tokio::test]
async fn accounts_of_two_currencies_do_not_meet() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let [yuan, yen] = [scrip.account(&alice, 100, "CNY").await, scrip.account(&alice, 100, "JPY").await];
    for currency in ["CNY", "JPY", "EUR"] {
        let order = json!({ "from": yuan, "to": yen, "amount": { "amount": 1, "currency": currency } });
        scrip.post(&alice, PATH, &order).await.refused("transfer", 422, "currency-mismatch");
    }
    assert_eq!((scrip.balance(&alice, &yuan).await, scrip.balance(&alice, &yen).await), (100, 100));
}

#[tokio::test]
async fn nothing_is_sent_to_or_from_outside() {
    let world = World::start().await;
    let entries = world.scrip.get(&world.alice, &format!("/v1/accounts/{}/entries", world.account)).await;
    let deposit =
        entries.body["items"].as_array().unwrap().iter().find(|entry| entry["kind"] == "deposit").unwrap();
    let external = deposit["counterparty"].as_str().unwrap();
    let order = transfer(&world.account, external, 1);
    world.scrip.post(&world.alice, PATH, &order).await.refused_field("transfer", "/to", "not-found");
    let order = transfer(external, &world.account, 1);
    for user in [&world.alice, &world.treasury] {
        world.unchanged(world.scrip.post(user, PATH, &order)).await.refused_field(
            "transfer",
            "/from",
            "not-found",
        );
    }
}

#[tokio::test]
async fn a_full_account_takes_no_more() {
    let scrip = Scrip::start().await;
    let [alice, carol] = [scrip.user("alice").await, scrip.user("carol").await];
    let [hers, carols] = [scrip.account(&alice, 2, "CNY").await, scrip.account(&carol, 0, "CNY").await];
    let treasury = scrip.treasury().await;
    let most = json!({ "amount": money(1_000_000_000_000_000), "reference": "gold" });
    for _ in 0..9 {
        scrip.post(&treasury, &format!("/v1/accounts/{carols}/deposits"), &most).await.expect(201);
    }
    let answer = scrip.post(&alice, PATH, &transfer(&hers, &carols, 1)).await;
    answer.refused("transfer", 422, "amount-too-large");
    assert_eq!(scrip.balance(&alice, &hers).await, 2);
}

#[tokio::test]
async fn card_numbers_are_refused_wherever_an_account_or_reference_stands() {
    let world = World::start().await;
    for field in ["from", "to", "reference"] {
        for card in [CARD_NUMBER, "4111111111111111", "4111-1111-1111-1111"] {
            let mut order = transfer(&world.account, &world.mallorys, 1);
            order[field] = json!(card);
            let answer = world.scrip.post(&world.alice, PATH, &order).await;
            answer.refused_field("transfer", &format!("/{field}"), "card-number-refused");
        }
    }
    // Not every long number is one.
    let mut order = transfer(&world.account, &world.mallorys, 1);
    order["reference"] = json!("4111111111111112");
    world.scrip.post(&world.alice, PATH, &order).await.expect(201);
}

#[tokio::test]
async fn a_merchants_money_is_gathered_from_wherever_it_was_credited() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 1_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    for _ in 0..30 {
        scrip.post(&alice, PATH, &transfer(&account, &shop.account, 10)).await.expect(201);
    }
    let send = async |amount| scrip.post(&shop.owner, PATH, &transfer(&shop.account, &account, amount)).await;
    // More than any one of the items over which the balance is spread holds.
    send(299).await.expect(201);
    send(2).await.refused("transfer", 422, "insufficient-funds");
    assert_eq!(scrip.balance(&shop.owner, &shop.account).await, 1);
    send(1).await.expect(201);
    assert_eq!(scrip.balance(&alice, &account).await, 1_000);
    assert_eq!(scrip.balance(&shop.owner, &shop.account).await, 0);
}
