//! Groups, and what is written in them.

use scrip_test_support::groups::Group;
use scrip_test_support::{Scrip, User};

/// Somebody with so many contacts, all of whom are in a group.
async fn large(scrip: &Scrip, members: usize) -> (User, Group) {
    let owner = scrip.user("grete").await;
    let mut all = Vec::new();
    for n in 0..members {
        all.push(scrip.user(&format!("member-{n}")).await);
    }
    let group = Group::gather(scrip, &owner, &all.iter().collect::<Vec<_>>()).await;
    (owner, group)
}

pub(super) async fn every_operation(scrip: &Scrip) {
    let (owner, _) = large(scrip, 97).await;
    let [gustav, gerda] = [scrip.user("gustav").await, scrip.user("gerda").await];
    let group = Group::gather(scrip, &owner, &[&gustav]).await;
    scrip_test_support::coupons::befriend(scrip, &owner, &gerda).await;
    group.add(scrip, &owner, &gerda.id).await.expect(204);
    group.rename(scrip, &owner, 1, "Supper").await.expect(200);
    // 800 bytes.
    let sent = group.send(scrip, &gerda, &"Tee?".repeat(200)).await.expect(201);
    for query in ["?after=0", "?before=9", "?after=3", ""] {
        group.messages(scrip, &owner, query).await.expect(200);
    }
    group.read(scrip, &owner).await.expect(200);
    scrip.get(&gustav, "/v1/groups").await.expect(200);
    let seq = sent.body["seq"].as_i64().expect("a number");
    group.mark(scrip, &owner, seq).await.expect(204);
    group.remove(scrip, &owner, &owner.id).await.expect(204);
}

/// Asks for new messages where there are none: nothing is written, and two units at most are read.
#[tokio::test]
async fn a_poll_that_finds_nothing_costs_next_to_nothing() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    group.send(&scrip, &bo, "Tea?").await.expect(201);
    let next = group.messages(&scrip, &alice, "?after=0").await.expect(200).text("next");
    let page = group.messages(&scrip, &alice, &format!("?after={next}")).await.expect(200).body;
    assert_eq!((&page["items"], &page["next"]), (&serde_json::json!([]), &serde_json::json!(next)));
    let mut all = scrip.log().invocations().into_iter();
    let polled = all.rfind(|one| one.operation == "list-messages").expect("it was asked for");
    assert_eq!((polled.round_trips, polled.write_half_units), (1, 0));
    assert!(polled.read_half_units <= 4, "{polled:?}");
}
