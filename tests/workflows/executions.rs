//! What Step Functions and the embedded engine do alike.

use super::scene::Scene;
use aws_sdk_sfn::Client;
use futures::future::join_all;
use scrip_states_language::Status;
use scrip_test_support::{Bill, Scrip};
use serde_json::{Value, json};

const MACHINE: &str = "bill-expiry";

async fn start(scrip: &Scrip, name: &str, input: &Value) {
    let request = Client::new(&scrip.aws()).start_execution().state_machine_arn(scrip.machine(MACHINE).await);
    request.name(name).input(input.to_string()).send().await.expect("an execution");
}

/// How many executions of a machine have this name.
async fn count(scrip: &Scrip, name: &str) -> usize {
    let list = Client::new(&scrip.aws()).list_executions().state_machine_arn(scrip.machine(MACHINE).await);
    let mut pages = list.into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        let page = page.expect("a page of executions");
        count += page.executions().iter().filter(|execution| execution.name() == name).count();
    }
    count
}

#[tokio::test]
async fn each_bill_starts_one_execution() {
    let scene = Scene::begin().await;
    let bills: Vec<Bill> = join_all((0..20).map(|_| scene.open(json!({})))).await;
    scene.scrip.settle().await;
    for bill in &bills {
        let waits = async || {
            let execution = scene.scrip.execution(MACHINE, &bill.id).await?;
            (!execution.states.is_empty()).then_some(execution)
        };
        let execution = scene.scrip.soon("an execution that waits", waits).await;
        assert_eq!(execution.status, Status::Running);
        assert_eq!(execution.input["bill"], bill.id.as_str());
        assert_eq!(execution.states, ["DeadlineReached"]);
    }
    for bill in &bills {
        assert_eq!(count(&scene.scrip, &bill.id).await, 1);
    }
}

#[tokio::test]
async fn a_task_that_refuses_is_caught_and_ends_the_execution() {
    let scrip = Scrip::start().await;
    let name = format!("refused-{:08x}", rand::random::<u32>());
    // A bill is named by text.
    let input = json!({ "bill": 7, "until": "2020-01-01T00:00:00Z", "cause": "a-test" });
    start(&scrip, &name, &input).await;

    let ended = async || {
        let execution = scrip.execution(MACHINE, &name).await?;
        (execution.status != Status::Running).then_some(execution)
    };
    scrip.settle().await;
    let execution = scrip.soon("an execution that has ended", ended).await;

    assert_eq!(execution.status, Status::Failed);
    assert_eq!(execution.error.as_deref(), Some("Broken"));
    assert_eq!(execution.states, ["DeadlineReached", "ExpireBill", "Failed"]);
    assert!(execution.cause.is_some_and(|cause| cause.contains("expected a string")));
}
