use crate::api::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_asked_of_one_and_what_one_asks_is_listed_newest_first() {
    let world = World::with_coupons().await;
    let (scrip, alice, otto) = (&world.scrip, &world.alice, &world.otto);
    let requests = &world.shelf().circle.requests;
    let ids: Vec<&str> = requests.iter().rev().map(|request| request.id.as_str()).collect();
    let list = async |user, query: &str| -> Vec<String> {
        let page = scrip.get(user, &format!("/v1/payment-requests{query}")).await.expect(200).body;
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list(otto, "").await, ids);
    assert_eq!(list(otto, "?status=due").await, ids);
    assert_eq!(list(alice, "?role=requester").await, ids);
    assert_eq!(list(alice, "").await, [""; 0]);
    requests[0].pay(scrip, otto, &world.ottos, &json!({})).await.expect(201);
    requests[1].stop(scrip, alice).await.expect(200);
    assert_eq!(list(otto, "?role=asked").await, ids);
    assert_eq!(list(otto, "?status=due").await, ids[..2]);
    assert_eq!(list(alice, "?role=requester&status=completed").await, ids[3..]);
    assert_eq!(list(alice, "?role=requester&status=stopped").await, ids[2..3]);
    for (query, pointer) in [("?role=x", "/role"), ("?status=x", "/status")] {
        let answer = scrip.get(otto, &format!("/v1/payment-requests{query}")).await;
        answer.refused_field("list-payment-requests", pointer, "invalid-field");
    }
    let first = scrip.get(otto, "/v1/payment-requests?limit=3").await.expect(200).body;
    let rest = format!("/v1/payment-requests?limit=3&after={}", first["next"].as_str().unwrap());
    let rest = scrip.get(otto, &rest).await.expect(200).body;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
}
