//! Accounts that take part in no more transfers. No operation closes one yet.

use crate::api::world::{PIN, World, money, transfer};
use serde_json::json;

#[tokio::test]
async fn a_closed_account_neither_pays_nor_is_paid() {
    let world = World::start().await;
    let pay = async |user, from: &str, to: &str| {
        world.unchanged(world.scrip.post(user, "/v1/transfers", &transfer(from, to, 1))).await
    };
    world.close(&world.mallorys).await;
    pay(&world.alice, &world.account, &world.mallorys).await.refused("transfer", 422, "account-closed");
    pay(&world.mallory, &world.mallorys, &world.account).await.refused("transfer", 422, "account-closed");
    let deposit = json!({ "amount": money(1), "reference": "wire" });
    let path = format!("/v1/accounts/{}/deposits", world.mallorys);
    let answer = world.unchanged(world.scrip.post(&world.treasury, &path, &deposit)).await;
    answer.refused("deposit", 422, "account-closed");
}

#[tokio::test]
async fn a_bill_of_a_closed_account_is_not_paid_nor_is_anything_sent_back_to_it() {
    let world = World::start().await;
    world.close(&world.account).await;
    let verified = world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN);
    world.unchanged(verified).await.refused("verify-bill", 422, "account-closed");
    assert_eq!(world.awaiting.read(&world.scrip, &world.alice).await["attempts_left"], 3);
    let path = format!("/v1/transfers/{}/reversals", world.transfer);
    let answer = world.unchanged(world.scrip.post(&world.shop.owner, &path, &json!({}))).await;
    answer.refused("reverse-transfer", 422, "account-closed");
}
