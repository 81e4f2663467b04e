use scrip_test_support::Scrip;
use scrip_test_support::groups::Group;
use serde_json::json;

#[tokio::test]
async fn the_mark_moves_forward_alone_and_ones_own_messages_are_not_unread() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    for user in [&bo, &alice, &bo, &bo, &alice, &bo] {
        group.send(&scrip, user, "Tea").await.expect(201);
    }
    let state = async || {
        let read = group.read(&scrip, &alice).await.expect(200).body;
        (read["read"].as_i64().unwrap(), read["unread"].as_i64().unwrap())
    };
    assert_eq!(state().await, (0, 4));
    group.messages(&scrip, &alice, "?before=7").await.expect(200);
    assert_eq!(state().await, (0, 4), "reading back moves nothing");
    for (mark, expected) in [(5, (5, 1)), (3, (5, 1)), (0, (5, 1)), (6, (6, 0))] {
        group.mark(&scrip, &alice, mark).await.expect(204);
        assert_eq!(state().await, expected, "after {mark}");
    }
    let list = scrip.get(&alice, "/v1/groups").await.expect(200).body;
    assert_eq!((&list["items"][0]["read"], &list["items"][0]["unread"]), (&json!(6), &json!(0)));
    let beyond = group.mark(&scrip, &alice, 7).await;
    beyond.refused_field("mark-messages-read", "/seq", "out-of-range");
    assert_eq!(state().await, (6, 0));
}
