//! What was acknowledged is there after the process has died, wherever it died.

use crate::bench::{BASE_URL, Bench, url, work_and_dead};
use scrip_clock::Clock;
use scrip_queues::{QueueSpec, Queues, Storage};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const FILE_OF_THE_WRITER: &str = "SCRIP_QUEUES_TEST_FILE";
const ACKNOWLEDGED: &str = "acknowledged ";
const BEFORE_THE_KILL: usize = 50;

#[test]
fn every_step_of_a_message_outlives_the_process() {
    let mut bench = Bench::new(work_and_dead(2));
    bench.call("SendMessage", &json!({"QueueUrl": url("work"), "MessageBody": "a", "DelaySeconds": 60}));
    bench.reopen();
    assert_eq!(bench.depth("work"), (0, 0, 1));

    bench.advance(60);
    bench.reopen();
    let first = bench.receive("work");
    bench.reopen();
    assert_eq!(bench.depth("work"), (0, 1, 0));

    let hide =
        json!({"QueueUrl": url("work"), "ReceiptHandle": first[0]["ReceiptHandle"], "VisibilityTimeout": 90});
    bench.call("ChangeMessageVisibility", &hide);
    bench.reopen();
    bench.advance(89);
    assert!(bench.receive("work").is_empty());
    bench.advance(1);
    let second = bench.receive("work");
    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");

    bench.advance(30);
    assert!(bench.receive("work").is_empty());
    bench.reopen();
    let dead = bench.receive("dead");
    assert_eq!(dead[0]["MessageId"], first[0]["MessageId"]);

    bench.reopen();
    bench.delete("dead", &dead[0]);
    bench.reopen();
    bench.advance(3_600);
    assert!(bench.receive("dead").is_empty());
}

#[test]
fn a_changed_declaration_holds_for_messages_that_are_there() {
    let mut bench = Bench::new(vec![QueueSpec::new("work")]);
    bench.send("work", "a");
    bench.receive("work");
    bench.advance(30);

    bench.reopen_with(work_and_dead(1));

    assert!(bench.receive("work").is_empty());
    assert_eq!(bench.depth("dead"), (1, 0, 0));
}

#[test]
fn messages_of_a_queue_no_longer_declared_are_kept() {
    let mut bench = Bench::new(vec![QueueSpec::new("work")]);
    bench.send("work", "a");

    bench.reopen_with(vec![QueueSpec::new("other")]);
    assert_eq!(bench.error("GetQueueUrl", &json!({"QueueName": "work"})), "QueueDoesNotExist");
    bench.reopen_with(vec![QueueSpec::new("work")]);

    assert_eq!(bench.bodies("work"), ["a"]);
}

/// Runs in the process that the test below kills: sends for as long as it lives.
#[test]
fn child_process_that_sends_until_it_is_killed() {
    let Some(file) = std::env::var_os(FILE_OF_THE_WRITER) else { return };
    let queues = open(Path::new(&file));
    loop {
        let request = json!({"QueueUrl": url("work"), "MessageBody": "x"}).to_string();
        let (status, answer) = queues.handle_aws("AmazonSQS.SendMessage", request.as_bytes());
        assert_eq!(status, 200, "{answer}");
        println!("\n{ACKNOWLEDGED}{}", answer["MessageId"].as_str().unwrap());
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("queues.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::child_process_that_sends_until_it_is_killed",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FILE_OF_THE_WRITER, &file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ids = |line: String| line.strip_prefix(ACKNOWLEDGED).map(str::to_owned);
    let mut acknowledged: HashSet<String> = lines.by_ref().filter_map(ids).take(BEFORE_THE_KILL).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // A line that the kill cut short is no acknowledgement that anyone could have read.
    acknowledged.extend(lines.filter_map(ids).filter(|id| id.len() == 36));
    assert!(acknowledged.len() >= BEFORE_THE_KILL);

    let queues = open(&file);
    let mut found = HashSet::new();
    loop {
        let request = json!({"QueueUrl": url("work"), "MaxNumberOfMessages": 10, "VisibilityTimeout": 600});
        let (_, answer) = queues.handle_aws("AmazonSQS.ReceiveMessage", request.to_string().as_bytes());
        let Some(messages) = answer["Messages"].as_array() else { break };
        found
            .extend(messages.iter().map(|message: &Value| message["MessageId"].as_str().unwrap().to_owned()));
    }
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
}

fn open(file: &Path) -> Queues {
    Queues::open(&Storage::File(file.to_owned()), BASE_URL, vec![QueueSpec::new("work")], Clock::standing())
        .unwrap()
}
