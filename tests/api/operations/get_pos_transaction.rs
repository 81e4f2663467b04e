use crate::api::world::{ORDER, World};
use serde_json::json;

#[tokio::test]
async fn a_point_of_sale_finds_a_transaction_by_id_and_by_order_reference() {
    let world = World::start().await;
    let read = world.pos.read(&world.scrip, &world.paid).await.expect(200);
    insta::assert_snapshot!(read.snapshot());
    assert_eq!(world.pos.read(&world.scrip, ORDER).await.expect(200).body, read.body);
    let found = world.pos.find(&world.scrip, ORDER).await.expect(200).body;
    assert_eq!(found, json!({ "items": [read.body], "next": null }));
}

#[tokio::test]
async fn what_is_not_there_or_anothers_is_not_found() {
    let world = World::start().await;
    let nothing = json!({ "items": [], "next": null });
    for (pos, order) in [(&world.pos, "order-99"), (&world.other_pos, ORDER)] {
        assert_eq!(pos.find(&world.scrip, order).await.expect(200).body, nothing);
        pos.read(&world.scrip, order).await.refused("get-pos-transaction", 404, "not-found");
    }
    world.other_pos.read(&world.scrip, &world.paid).await.refused("get-pos-transaction", 404, "not-found");
}

#[tokio::test]
async fn an_order_reference_is_asked_for() {
    let world = World::start().await;
    for (query, code) in [
        ("", "missing-field"),
        ("?order_reference=", "invalid-field"),
        ("?order_reference=a%20b", "invalid-field"),
        ("?order_reference=pos_1", "invalid-field"),
    ] {
        let answer = world.scrip.get(&world.pos, &format!("/v1/pos/transactions{query}")).await;
        answer.refused_field("find-pos-transactions", "/order_reference", code);
    }
}
