//! Many who write into one group at the same moment, and come and go.

use super::{at_once, succeeded};
use scrip_test_support::groups::Group;
use scrip_test_support::{Answer, Scrip, User, fresh_key};
use serde_json::{Value, json};

const SENDERS: usize = 50;
const MESSAGES: usize = 50;

async fn crowd(scrip: &Scrip) -> (Vec<User>, Group) {
    let mut users = Vec::new();
    for n in 0..SENDERS {
        users.push(scrip.user(&format!("user-{n}")).await);
    }
    let (owner, members) = users.split_first().expect("somebody");
    let group = Group::gather(scrip, owner, &members.iter().collect::<Vec<_>>()).await;
    (users, group)
}

/// Sends until it is decided. The key is the same each time.
async fn send(scrip: &Scrip, user: &User, group: &Group, text: &str) -> Answer {
    let key = fresh_key();
    loop {
        let answer = scrip.post_keyed(user, &group.path("/messages"), &key, &json!({ "text": text })).await;
        if answer.body["code"] != "busy" {
            return answer;
        }
    }
}

fn numbers(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["seq"].as_i64().expect("a number")).collect()
}

/// Polls until so many messages were seen.
async fn poll(scrip: &Scrip, user: &User, group: &Group, count: usize) -> Vec<i64> {
    let (mut seen, mut after) = (Vec::new(), "0".to_owned());
    while seen.len() < count {
        let page = group.messages(scrip, user, &format!("?after={after}&limit=7")).await.expect(200).body;
        seen.extend(numbers(&page));
        page["next"].as_str().expect("always where to read on").clone_into(&mut after);
        tokio::task::yield_now().await;
    }
    seen
}

async fn all_write(scrip: Scrip) {
    let (users, group) = crowd(&scrip).await;
    let (scrip, users, group) = (&scrip, &users, &group);
    let sending = at_once(MESSAGES, |n| async move {
        send(scrip, &users[n % SENDERS], group, &format!("message {n}")).await
    });
    let (answers, seen) = futures::join!(sending, poll(scrip, &users[0], group, MESSAGES));
    assert_eq!(succeeded(&answers, 201, &[]), MESSAGES);
    let all: Vec<i64> = (1..=i64::try_from(MESSAGES).unwrap()).collect();
    assert_eq!(seen, all, "a poller misses none, and sees none twice");
    let mut told: Vec<i64> = answers.iter().map(|answer| answer.body["seq"].as_i64().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, all, "numbers have no gap");
    scrip.check_books().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_write_at_once_get_numbers_without_gap() {
    all_write(Scrip::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "the embedded store alone can be told to refuse")]
async fn fifty_who_meet_at_the_numbers_get_them_without_gap() {
    all_write(Scrip::contended().await).await;
}

/// Whoever has left writes nothing any more: each message of theirs lies before the line that tells of their leaving.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_leaves_while_writing_has_written_before() {
    let scrip = Scrip::start().await;
    let [alice, bo] = [scrip.user("alice").await, scrip.user("bo").await];
    let group = Group::gather(&scrip, &alice, &[&bo]).await;
    let (scrip, group, bo) = (&scrip, &group, &bo);
    let sending = at_once(10, |n| async move { send(scrip, bo, group, &format!("message {n}")).await });
    let leaving = async { group.remove(scrip, bo, &bo.id).await.expect(204) };
    let (answers, _) = futures::join!(sending, leaving);
    let written = succeeded(&answers, 201, &["not-found"]);
    let page = group.messages(scrip, &alice, "?after=0&limit=100").await.expect(200).body;
    let kinds: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    let mut expected = vec!["text"; written];
    expected.push("event");
    assert_eq!(kinds, expected);
    scrip.check_books().await;
}
