use scrip_test_support::Scrip;
use scrip_test_support::coupons::befriend;
use scrip_test_support::groups::{Group, group_of};
use serde_json::json;

#[tokio::test]
async fn a_group_is_made_of_contacts() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    for friend in [&bo, &chen] {
        befriend(&scrip, &alice, friend).await;
    }
    let made = scrip.post(&alice, "/v1/groups", &group_of(&scrip, &[&chen, &bo])).await.expect(201).body;
    let id = made["id"].clone();
    let members = json!(["alice", "chen", "bo"]);
    let expected = json!({ "id": id, "name": "Lunch", "owner": "alice", "version": 1, "members": members });
    assert_eq!(made, expected);
    let group = Group { id: id.as_str().unwrap().to_owned() };
    for user in [&alice, &bo, &chen] {
        let read = group.read(&scrip, user).await.expect(200).body;
        assert_eq!((&read["member_count"], &read["seq"], &read["unread"]), (&json!(3), &json!(0), &json!(0)));
        assert_eq!(read["members"].as_array().unwrap().len(), 3);
        let list = scrip.get(user, "/v1/groups").await.expect(200).body;
        assert_eq!(list["items"][0]["id"], id);
    }
    group.read(&scrip, &scrip.user("dora").await).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn who_is_no_mutual_contact_is_in_no_group() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    befriend(&scrip, &alice, &bo).await;
    alice.put_contact(&scrip, &chen.id).await.expect(200);
    for (members, who) in [(vec![&bo, &chen], "chen"), (vec![&scrip.user("dora").await], "dora")] {
        let answer = scrip.post(&alice, "/v1/groups", &group_of(&scrip, &members)).await;
        assert_eq!(answer.refused("create-group", 422, "not-a-contact").body["user"], who);
    }
    let list = scrip.get(&bo, "/v1/groups").await.expect(200).body;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn nobody_is_in_a_group_twice() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    befriend(&scrip, &alice, &bo).await;
    for members in [vec![&bo, &bo], vec![&bo, &alice]] {
        let answer = scrip.post(&alice, "/v1/groups", &group_of(&scrip, &members)).await;
        answer.refused_field("create-group", "/members/1", "invalid-field");
    }
    let nobody = scrip.post(&alice, "/v1/groups", &group_of(&scrip, &[])).await;
    nobody.refused_field("create-group", "/members", "out-of-range");
}
