use crate::api::transcript::Transcript;
use crate::api::world::{Who, World};

#[tokio::test]
async fn both_parties_read_a_transfer() {
    let world = World::start().await;
    let path = format!("/v1/transfers/{}", world.transfer);
    let payers = world.scrip.get(&world.alice, &path).await.expect(200);
    insta::assert_snapshot!(payers.snapshot());
    for who in [Who::Bob, Who::Server] {
        assert_eq!(world.scrip.get(&world.who(who), &path).await.expect(200).body, payers.body);
    }
    for who in [Who::Olga, Who::Pos, Who::OtherTerminal] {
        world.scrip.get(&world.who(who), &path).await.refused("get-transfer", 404, "not-found");
    }
}

#[tokio::test]
async fn the_treasury_reads_what_it_deposited() {
    let world = World::start().await;
    let entries = world.scrip.get(&world.alice, &format!("/v1/accounts/{}/entries", world.account)).await;
    let deposit =
        entries.body["items"].as_array().unwrap().iter().find(|entry| entry["kind"] == "deposit").unwrap();
    let path = format!("/v1/transfers/{}", deposit["transfer"].as_str().unwrap());
    let mut told = Transcript::default();
    told.note("by the treasury", &world.scrip.get(&world.treasury, &path).await);
    insta::assert_snapshot!(told);
    world.scrip.get(&world.mallory, &path).await.refused("get-transfer", 404, "not-found");
}
