use super::list_settlements::Till;
use crate::api::world::{World, money};
use serde_json::{Value, json};

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn a_settlement_tells_its_captures_page_by_page() {
    let till = Till::open().await;
    let paid = till.paid(&[300, 200, 50]).await;
    till.settle().await;
    let id = till.settlements().await[0]["id"].as_str().unwrap().to_owned();

    let (mut found, mut after) = (Vec::<Value>::new(), String::new());
    loop {
        let page = till.ask(&format!("/{id}?limit=2{after}")).await.expect(200).body;
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(found.len() <= paid.len());
    }

    found.sort_by_key(|capture| -capture["amount"]["amount"].as_i64().unwrap());
    for ((capture, id), amount) in found.iter().zip(&paid).zip([300, 200, 50]) {
        let read = till.pos.read(&till.scrip, id).await.expect(200).body;
        assert_eq!((&capture["transaction"], &capture["amount"]), (&json!(id), &money(amount)));
        for name in ["order_reference", "settled_at", "at"] {
            assert_eq!(capture[name], read[name], "{name}");
        }
        assert_eq!(capture["device"], till.pos.id.as_str());
    }
    assert_eq!(found.len(), paid.len());
    till.ask(&format!("/{id}?after=%00")).await.refused("get-settlement", 400, "invalid-cursor");
}

#[tokio::test]
async fn a_settlement_of_another_merchant_is_none() {
    let world = World::start().await;
    let settlement = world.settlement("mch_of_another", 0).await;
    let path = format!("/v1/merchants/{}/settlements/{settlement}", world.shop.id);
    let owner = &world.shop.owner;
    world.scrip.get(owner, &path).await.refused("get-settlement", 404, "not-found");
    let path = format!("{path}/export");
    world.scrip.get(owner, &path).await.refused("export-settlement", 404, "not-found");
}
