use super::list_settlements::Till;
use crate::api::world::World;

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn an_export_has_a_row_for_each_capture() {
    let till = Till::open().await;
    let paid = till.paid(&[300, 200]).await;
    till.settle().await;
    let id = till.settlements().await[0]["id"].as_str().unwrap().to_owned();
    let export = till.ask(&format!("/{id}/export")).await.expect(200);

    assert_eq!(export.headers["content-type"], "text/csv");
    let text = export.body.as_str().unwrap();
    let rows: Vec<_> = text.split("\r\n").collect();
    assert_eq!(rows[0], "transaction,order_reference,device,amount,currency,at,settled_at");
    assert_eq!((rows.len(), rows[3]), (4, ""));
    for (id, amount) in paid.iter().zip([300, 200]) {
        let read = till.pos.read(&till.scrip, id).await.expect(200).body;
        let [order, at, settled_at] =
            ["order_reference", "at", "settled_at"].map(|name| read[name].as_str().unwrap());
        let row = format!("{id},{order},{},{amount},CNY,{at},{settled_at}", till.pos.id);
        assert!(rows.contains(&row.as_str()), "{text}");
    }
}

#[tokio::test]
async fn an_export_is_bounded() {
    let world = World::start().await;
    let settlement = world.settlement(&world.shop.id, 5_001).await;
    let path = format!("/v1/merchants/{}/settlements/{settlement}/export", world.shop.id);
    let answer = world.scrip.get(&world.shop.owner, &path).await;
    answer.refused("export-settlement", 400, "too-many");
}
