use crate::api::transcript::Transcript;
use crate::api::world::{Who, World, transfer};
use scrip_test_support::Scrip;

#[tokio::test]
async fn holders_read_what_is_in_their_account() {
    let world = World::start().await;
    let mut told = Transcript::default();
    let own = world.scrip.get(&world.alice, &format!("/v1/accounts/{}", world.account)).await;
    told.note("a user's", &own);
    let path = format!("/v1/accounts/{}", world.shop.account);
    let owners = world.scrip.get(&world.shop.owner, &path).await;
    told.note("a merchant's, by its owner", &owners);
    insta::assert_snapshot!(told);

    assert_eq!(world.scrip.get(&world.server, &path).await.expect(200).body, owners.body);
    for who in
        [Who::Alice, Who::Olga, Who::Mallory, Who::Terminal, Who::Pos, Who::OtherTerminal, Who::Treasury]
    {
        world.scrip.get(&world.who(who), &path).await.refused("get-account", 404, "not-found");
    }
}

#[tokio::test]
async fn a_merchants_balance_is_the_sum_of_all_payments() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 100_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    let mut paid = 0;
    // Enough of them that most of the items over which the balance is spread hold some.
    for amount in 1..=40 {
        scrip.post(&alice, "/v1/transfers", &transfer(&account, &shop.account, amount)).await.expect(201);
        paid += amount;
        assert_eq!(scrip.balance(&shop.owner, &shop.account).await, paid);
    }
    assert_eq!(scrip.balance(&alice, &account).await, 100_000 - paid);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "others deposit from the same external account")]
async fn what_is_external_is_nobodys_but_the_treasurys() {
    let world = World::start().await;
    let entries = world.scrip.get(&world.alice, &format!("/v1/accounts/{}/entries", world.account)).await;
    let deposit =
        entries.body["items"].as_array().unwrap().iter().find(|entry| entry["kind"] == "deposit").unwrap();
    let external = format!("/v1/accounts/{}", deposit["counterparty"].as_str().unwrap());
    for who in [Who::Alice, Who::Bob, Who::Mallory, Who::Server] {
        world.scrip.get(&world.who(who), &external).await.refused("get-account", 404, "not-found");
    }
    // Otto's, Mallory's and Alice's, from as many of its items as they happened to fall on.
    let read = world.scrip.get(&world.treasury, &external).await.expect(200).body;
    assert_eq!(read["balance"]["amount"], -100_000 - 500 - 100_000);
    let listed = world.scrip.get(&world.treasury, &format!("{external}/entries")).await;
    listed.refused("list-entries", 404, "not-found");
}
