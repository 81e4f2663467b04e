//! The program is killed while it works off what is due: all of it is done once in the end.

use super::server::{Server, expect_clean};
use futures::future::join_all;
use rand::Rng;
use reqwest::Method;
use scrip_test_support::{Bill, Scrip, User};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const BILLS: usize = 150;
const KILLS: usize = 6;
/// How long it works before it is killed.
const WORKS_MILLISECONDS: std::ops::Range<u64> = 5..250;

async fn start(data: &Path) -> Server {
    let data = data.to_owned();
    tokio::task::spawn_blocking(move || Server::start(&data)).await.expect("it starts")
}

/// Kills the program while time passes there, and starts it again.
async fn killed_while_time_passes(server: Server, data: &Path, period: &str) -> Server {
    let scrip = Scrip::at(server.base());
    let body = json!({ "advance": period }).to_string().into_bytes();
    // It dies before it answers, unless it is done before that.
    let passing = scrip.attempt(Method::POST, "/local/clock", &[], body);
    let works = Duration::from_millis(rand::rng().random_range(WORKS_MILLISECONDS));
    let _ = tokio::time::timeout(works, passing).await;
    server.kill();
    expect_clean(data);
    start(data).await
}

/// How often the user was told what, by bill and kind.
async fn told(scrip: &Scrip, user: &User) -> BTreeMap<(String, String), usize> {
    let (mut told, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = scrip.get(user, &format!("/v1/notifications?limit=100{after}")).await.expect(200).body;
        for note in page["items"].as_array().expect("items") {
            let [bill, kind] =
                ["bill", "kind"].map(|name| note[name].as_str().unwrap_or_default().to_owned());
            *told.entry((bill, kind)).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return told,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_due_is_done_once_however_often_the_program_is_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let mut server = start(&data).await;
    let scrip = Scrip::at(server.base());
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 1_000, "CNY").await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let bills: Vec<Bill> = join_all((0..BILLS).map(|_| alice.open_bill(&scrip, &account, json!({})))).await;
    for bill in &bills {
        bill.add(&scrip, &terminal, 1, 1).await.expect(201);
    }

    for kill in 0..KILLS {
        server = killed_while_time_passes(server, &data, if kill == 0 { "PT2H1M" } else { "PT2M" }).await;
    }
    let scrip = Scrip::at(server.base());
    // An advance that was killed before it began has moved no clock.
    scrip.advance("PT3H").await;

    let alice = scrip.user("alice").await;
    let told = told(&scrip, &alice).await;
    for bill in &bills {
        assert_eq!(bill.status(&scrip, &alice).await, "unpaid");
        assert!(scrip.due(&bill.id).await.is_empty());
        for kind in ["bill-verification-requested", "bill-unpaid"] {
            assert_eq!(told.get(&(bill.id.clone(), kind.to_owned())), Some(&1), "{} {kind}", bill.id);
        }
    }
    scrip.check_books().await;
    assert!(server.stop().0.success());
    expect_clean(&data);
}
