use scrip_test_support::Scrip;
use scrip_test_support::groups::Group;
use serde_json::json;

#[tokio::test]
async fn who_has_left_is_out_and_the_owner_may_remove_others() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo, &chen]).await;
    group.remove(&scrip, &bo, &chen.id).await.refused("remove-group-member", 403, "wrong-role");
    for _ in 0..2 {
        group.remove(&scrip, &bo, &bo.id).await.expect(204);
        group.remove(&scrip, &alice, &chen.id).await.expect(204);
    }
    for gone in [&bo, &chen] {
        group.read(&scrip, gone).await.refused("get-group", 404, "not-found");
        group.messages(&scrip, gone, "").await.refused("list-messages", 404, "not-found");
        group.send(&scrip, gone, "Hello?").await.refused("send-message", 404, "not-found");
        assert_eq!(scrip.get(gone, "/v1/groups").await.expect(200).body["items"], json!([]));
    }
    let page = group.messages(&scrip, &alice, "?after=0").await.expect(200).body;
    let events: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["event"].clone()).collect();
    let event = |kind: &str, user: &str| json!({ "kind": kind, "users": [user] });
    assert_eq!(events, [event("left", "bo"), event("removed", "chen")]);
}

#[tokio::test]
async fn whoever_was_there_first_owns_a_group_whose_owner_leaves() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&chen]).await;
    scrip_test_support::coupons::befriend(&scrip, &alice, &bo).await;
    group.add(&scrip, &alice, &bo.id).await.expect(204);
    group.remove(&scrip, &alice, &alice.id).await.expect(204);
    assert_eq!(group.read(&scrip, &bo).await.expect(200).body["owner"], "chen");
    group.remove(&scrip, &bo, &chen.id).await.refused("remove-group-member", 403, "wrong-role");
    group.remove(&scrip, &chen, &chen.id).await.expect(204);
    group.remove(&scrip, &bo, &bo.id).await.expect(204);
    group.read(&scrip, &bo).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn who_comes_back_is_as_new() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    group.send(&scrip, &alice, "before").await.expect(201);
    group.remove(&scrip, &bo, &bo.id).await.expect(204);
    group.send(&scrip, &alice, "while").await.expect(201);
    group.add(&scrip, &alice, &bo.id).await.expect(204);
    let page = group.messages(&scrip, &bo, "?after=0").await.expect(200).body;
    assert_eq!(page["items"][0]["event"], json!({ "kind": "joined", "users": ["bo"] }));
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    group.remove(&scrip, &bo, &bo.id).await.expect(204);
    group.read(&scrip, &bo).await.expect_problem(404, "not-found");
}
