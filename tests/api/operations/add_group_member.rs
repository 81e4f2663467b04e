use scrip_test_support::coupons::befriend;
use scrip_test_support::groups::Group;
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

fn texts(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|item| item["text"].clone()).collect()
}

#[tokio::test]
async fn who_is_added_reads_what_is_written_from_then_on() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    group.send(&scrip, &alice, "Chen knows nothing of this").await.expect(201);
    befriend(&scrip, &bo, &chen).await;
    // Any member adds contacts of their own.
    group.add(&scrip, &bo, &chen.id).await.expect(204);
    group.add(&scrip, &bo, &chen.id).await.expect(204);
    group.send(&scrip, &alice, "Welcome").await.expect(201);

    for query in ["?after=0", "?after=1"] {
        let page = group.messages(&scrip, &chen, query).await.expect(200).body;
        assert_eq!(texts(&page), [Value::Null, json!("Welcome")]);
        let line = &page["items"][0];
        assert_eq!(line["event"], json!({ "kind": "joined", "users": ["chen"] }));
        assert_eq!((&line["from"], &line["seq"]), (&json!("bo"), &json!(2)));
    }
    let page = group.messages(&scrip, &chen, "?before=4").await.expect(200).body;
    assert_eq!((texts(&page), &page["next"]), (vec![json!("Welcome"), Value::Null], &Value::Null));
    let read = group.read(&scrip, &chen).await.expect(200).body;
    assert_eq!((&read["unread"], &read["member_count"]), (&json!(1), &json!(3)));
    assert_eq!(read["members"], json!(["alice", "bo", "chen"]));
}

#[tokio::test]
async fn only_contacts_of_ones_own_are_added() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    befriend(&scrip, &alice, &chen).await;
    let answer = group.add(&scrip, &bo, &chen.id).await;
    assert_eq!(answer.refused("add-group-member", 422, "not-a-contact").body["user"], "chen");
    group.add(&scrip, &chen, &chen.id).await.refused("add-group-member", 404, "not-found");
    assert_eq!(group.read(&scrip, &bo).await.expect(200).body["member_count"], 2);
    let page = group.messages(&scrip, &bo, "").await.expect(200).body;
    assert_eq!(page["items"], json!([]));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it takes two hundred requests to lay out")]
async fn a_group_has_a_hundred_members_at_most() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut others: Vec<User> = Vec::new();
    for n in 0..100 {
        others.push(scrip.user(&format!("user-{n}")).await);
    }
    let (first, more) = others.split_at(97);
    let group = Group::gather(&scrip, &alice, &first.iter().collect::<Vec<_>>()).await;
    for user in more {
        befriend(&scrip, &alice, user).await;
    }
    for user in &more[..2] {
        group.add(&scrip, &alice, &user.id).await.expect(204);
    }
    let answer = group.add(&scrip, &alice, &more[2].id).await;
    answer.refused("add-group-member", 422, "limit-exceeded");
    let read = group.read(&scrip, &more[1]).await.expect(200).body;
    assert_eq!((&read["member_count"], read["members"].as_array().unwrap().len()), (&json!(100), 100));
}
