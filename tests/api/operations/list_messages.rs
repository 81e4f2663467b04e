use scrip_test_support::groups::Group;
use scrip_test_support::{Scrip, User};
use serde_json::{Value, json};

async fn chat() -> (Scrip, User, User, Group) {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    for n in 1..=7 {
        group.send(&scrip, if n % 2 == 0 { &bo } else { &alice }, &format!("{n}")).await.expect(201);
    }
    (scrip, alice, bo, group)
}

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_read_forward_and_backward() {
    let (scrip, alice, _, group) = chat().await;
    let read = async |query: &str| {
        let page = group.messages(&scrip, &alice, query).await.expect(200).body;
        (numbers(&page), page["next"].as_str().map(str::to_owned))
    };
    let next = |next: &str| Some(next.to_owned());
    assert_eq!(read("?after=0&limit=3").await, (vec![1, 2, 3], next("3")));
    assert_eq!(read("?after=3&limit=3").await, (vec![4, 5, 6], next("6")));
    assert_eq!(read("?after=6&limit=3").await, (vec![7], next("7")));
    assert_eq!(read("?after=7&limit=3").await, (vec![], next("7")), "from where to poll");
    assert_eq!(read("?after=99").await, (vec![], next("7")));
    assert_eq!(read("?limit=3").await, (vec![7, 6, 5], next("5")));
    assert_eq!(read("?before=5&limit=3").await, (vec![4, 3, 2], next("2")));
    assert_eq!(read("?before=2&limit=3").await, (vec![1], None));
    assert_eq!(read("?before=1").await, (vec![], None));
}

#[tokio::test]
async fn only_a_number_and_one_way_at_once() {
    let (scrip, alice, _, group) = chat().await;
    for query in ["?after=x", "?before=-1", "?after=", "?after=1234567890123"] {
        let answer = group.messages(&scrip, &alice, query).await;
        answer.refused("list-messages", 400, "invalid-cursor");
    }
    let both = group.messages(&scrip, &alice, "?after=1&before=3").await;
    both.refused_field("list-messages", "/before", "invalid-field");
    for query in ["?limit=0", "?limit=101", "?limit=x"] {
        let answer = group.messages(&scrip, &alice, query).await;
        answer.refused_field("list-messages", "/limit", "out-of-range");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn a_silent_group_is_asked_less_often() {
    let (scrip, _, _, group) = chat().await;
    for (period, seconds) in [("PT1S", 2), ("PT1M", 5), ("PT10M", 20)] {
        scrip.advance(period).await;
        let page = group.messages(&scrip, &scrip.user("alice").await, "?after=7").await.expect(200).body;
        assert_eq!(page["poll_after_seconds"], json!(seconds), "after {period}");
    }
}

/// Two who write at the same instant have two messages, each of which is listed once.
#[tokio::test]
async fn who_writes_at_the_same_instant_is_listed_once() {
    let (scrip, alice, bo, group) = chat().await;
    let (one, other) = futures::join!(group.send(&scrip, &alice, "A"), group.send(&scrip, &bo, "B"));
    let (one, other) = (one.expect(201), other.expect(201));
    assert_ne!(one.text("id"), other.text("id"));
    let page = group.messages(&scrip, &alice, "?after=7").await.expect(200).body;
    let mut texts: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    assert_eq!((numbers(&page), texts), (vec![8, 9], vec!["A", "B"]));
}
