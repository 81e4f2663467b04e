use scrip_test_support::Scrip;
use scrip_test_support::groups::Group;
use serde_json::json;

#[tokio::test]
async fn its_owner_renames_a_group_by_the_version_that_was_seen() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    let renamed = group.rename(&scrip, &alice, 1, "Dinner").await.expect(200).body;
    assert_eq!(renamed, json!({ "id": group.id, "name": "Dinner", "owner": "alice", "version": 2 }));
    // What is sent again is known.
    assert_eq!(group.rename(&scrip, &alice, 1, "Dinner").await.expect(200).body, renamed);
    let stale = group.rename(&scrip, &alice, 1, "Supper").await;
    assert_eq!(stale.refused("rename-group", 409, "version-stale").body["current"], 2);
    group.rename(&scrip, &bo, 2, "Supper").await.refused("rename-group", 403, "wrong-role");
    let read = group.read(&scrip, &bo).await.expect(200).body;
    assert_eq!((&read["name"], &read["version"], &read["seq"]), (&json!("Dinner"), &json!(2), &json!(1)));
    let page = group.messages(&scrip, &bo, "").await.expect(200).body;
    assert_eq!(page["items"][0]["event"], json!({ "kind": "renamed", "users": [] }));
}
