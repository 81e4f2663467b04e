use scrip_test_support::Scrip;
use scrip_test_support::groups::Group;
use serde_json::json;

#[tokio::test]
async fn a_message_has_the_next_number() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    for (user, seq) in [(&alice, 1), (&bo, 2), (&alice, 3)] {
        let sent = group.send(&scrip, user, "Hello\n\u{202e}olleH 包").await.expect(201).body;
        let expected = json!({
            "id": sent["id"], "seq": seq, "kind": "text", "from": user.id, "at": sent["at"],
            "text": "Hello\n\u{202e}olleH 包", "event": null,
        });
        assert_eq!(sent, expected);
    }
}

/// However late the same request comes, and whatever was sent meanwhile.
#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn what_is_sent_again_is_one_message() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    let (path, text) = (group.path("/messages"), json!({ "text": "Hello" }));
    let first = scrip.post_keyed(&alice, &path, "k-1", &text).await.expect(201);
    for period in ["PT1S", "PT30S", "PT15M", "P2D"] {
        scrip.advance(period).await;
        let alice = scrip.user("alice").await;
        let again = scrip.post_keyed(&alice, &path, "k-1", &text).await.expect(201);
        assert!(again.is_replay(), "after {period}");
        assert_eq!(again.body, first.body, "after {period}");
        let bo = scrip.user("bo").await;
        group.send(&scrip, &bo, "And?").await.expect(201);
        let other = scrip.post_keyed(&alice, &path, "k-1", &json!({ "text": "Hello!" })).await;
        other.refused("send-message", 422, "idempotency-key-reused");
    }
    let alice = scrip.user("alice").await;
    let page = group.messages(&scrip, &alice, "?after=0").await.expect(200).body;
    let own = page["items"].as_array().unwrap().iter().filter(|item| item["from"] == "alice");
    assert_eq!(own.count(), 1);
}

/// A key counts in its group alone.
#[tokio::test]
async fn the_same_key_in_two_groups_is_two_messages() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let one = Group::gather(&scrip, &alice, &[&bo]).await;
    let other = Group::gather(&scrip, &alice, &[&bo]).await;
    let text = json!({ "text": "Hello" });
    let sent = scrip.post_keyed(&alice, &one.path("/messages"), "k-1", &text).await.expect(201);
    let more = scrip.post_keyed(&alice, &other.path("/messages"), "k-1", &text).await.expect(201);
    assert_ne!(sent.text("id"), more.text("id"));
}

#[tokio::test]
async fn a_text_holds_something_to_read() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    for (text, code) in [
        ("", "out-of-range"),
        (" \n ", "invalid-field"),
        ("bell \u{7}", "invalid-field"),
        ("tab\t", "invalid-field"),
        (&"包".repeat(2_001), "out-of-range"),
    ] {
        group.send(&scrip, &alice, text).await.refused_field("send-message", "/text", code);
    }
    group.send(&scrip, &alice, &"包".repeat(2_000)).await.expect(201);
    assert_eq!(group.read(&scrip, &bo).await.expect(200).body["seq"], 1);
}
