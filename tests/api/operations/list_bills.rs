use crate::api::world::World;
use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn bills_are_listed_newest_first() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10, "CNY").await;
    insta::assert_snapshot!("no_bills", scrip.get(&alice, "/v1/bills").await.snapshot());
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(alice.open_bill(&scrip, &account, json!({})).await.id);
        scrip.advance("PT1S").await;
    }
    let listed = scrip.get(&alice, "/v1/bills").await.expect(200).body;
    let ids: Vec<_> =
        listed["items"].as_array().unwrap().iter().rev().map(|bill| bill["id"].clone()).collect();
    assert_eq!(ids, opened);
}

#[tokio::test]
async fn each_listed_bill_is_shown_as_it_stands() {
    let world = World::start().await;
    let listed = world.scrip.get(&world.alice, "/v1/bills").await.expect(200).body;
    for bill in listed["items"].as_array().unwrap() {
        let path = format!("/v1/bills/{}", bill["id"].as_str().unwrap());
        let mut read = world.scrip.get(&world.alice, &path).await.expect(200).body;
        read.as_object_mut().unwrap().remove("items");
        assert_eq!(&read, bill);
    }
}
