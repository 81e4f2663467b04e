//! A disk that is full. A limit on the size of files stands for it: a write beyond it fails as one to a full disk does,
//! and needs neither a disk nor the right to mount one.

use super::server::{Server, expect_clean, expect_refused, files, program, up};
use futures::future::join_all;
use reqwest::Method;
use scrip_test_support::{Answer, Scrip, fresh_key};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

/// The program, which can make no file larger than so many kilobytes.
fn limited(data: &Path, kilobytes: u64) -> Command {
    let mut command = Command::new("sh");
    // The signal that comes with the limit is ignored, so that the write fails; `ulimit -f` counts 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kilobytes * 2);
    let inner = program(&up(data));
    command
        .args(["-c", &script, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .stdin(Stdio::null());
    command
}

#[test]
fn a_disk_that_is_full_from_the_start_is_told() {
    let directory = tempfile::tempdir().unwrap();
    for kilobytes in [0, 1, 20] {
        let data = directory.path().join(format!("data-{kilobytes}"));
        expect_refused(limited(&data, kilobytes), &[data.to_str().unwrap()]);
        // What was begun is no obstacle once there is room.
        Server::start(&data).kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_refuses_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Server::start(&data);
    let scrip = Scrip::at(server.base());
    let account = scrip.account(&scrip.user("alice").await, 0, "CNY").await;
    server.stop();
    let largest = files(&data).values().map(Vec::len).max().unwrap() / 1_024 + 1;

    let server = Server::start_by(limited(&data, u64::try_from(largest).unwrap() + 200));
    let scrip = Scrip::at(server.base());
    let mut acknowledged = Vec::new();
    let mut failed = Vec::new();
    while failed.is_empty() {
        let keys: Vec<String> = (0..5).map(|_| fresh_key()).collect();
        for (key, answer) in join_all(keys.iter().map(|key| deposit(&scrip, &account, key))).await {
            match answer.status {
                201 => acknowledged.push((key, answer.body)),
                status => {
                    assert!(status >= 500, "{}", answer.body);
                    failed.push(key);
                }
            }
        }
    }
    assert!(!acknowledged.is_empty());
    // What is there is still read.
    let read = scrip.balance(&scrip.user("alice").await, &account).await;
    assert_eq!(read, i64::try_from(acknowledged.len()).unwrap());
    server.kill();

    let server = Server::start(&data);
    let scrip = Scrip::at(server.base());
    for (key, body) in &acknowledged {
        let (_, answer) = deposit(&scrip, &account, key).await;
        assert!(answer.is_replay(), "{body}");
        assert_eq!(answer.body, *body);
    }
    for key in &failed {
        let (_, answer) = deposit(&scrip, &account, key).await;
        answer.expect(201);
    }
    let expected = i64::try_from(acknowledged.len() + failed.len()).unwrap();
    assert_eq!(scrip.check_books().await[&account], expected);
    assert!(server.stop().0.success());
    expect_clean(&data);
}

async fn deposit(scrip: &Scrip, account: &str, key: &str) -> (String, Answer) {
    let body: Value = json!({ "amount": { "amount": 1, "currency": "CNY" }, "reference": "x".repeat(100) });
    let treasury = scrip.treasury().await;
    let path = format!("/v1/accounts/{account}/deposits");
    let answer = scrip.send(Method::POST, &treasury, &path, Some(key), body.to_string().into_bytes()).await;
    (key.to_owned(), answer)
}
