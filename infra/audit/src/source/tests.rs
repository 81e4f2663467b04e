use super::*;
use crate::{check, sample};
use scrip_clock::Clock;
use scrip_function::{Line, Log};
use scrip_local::{ClockMode, Options, Platform, Running, Source};
use std::path::PathBuf;
use std::sync::Arc;

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

struct Quiet;

impl Log for Quiet {
    fn write(&self, _: &Line<'_>) {}
}

async fn start(data: Option<PathBuf>) -> Running {
    let operations = scrip_catalog::operations();
    let source = Source::embedded();
    let log = Arc::new(Quiet);
    let clock = ClockMode::Standing { from: Clock::system().now() };
    let (issuer, wire) = (None, None);
    let parameters = Vec::new();
    let options = Options {
        port: 0,
        data,
        operations,
        source,
        log,
        clock,
        contention: false,
        issuer,
        wire,
        parameters,
    };
    Platform::start(options).await.unwrap()
}

/// Has everything of the sample stored, and the workflows that it asks for started.
async fn store_sample(running: &Running) {
    let places = Places::read().unwrap();
    let platform = platform::Platform::new(&http(), &running.base_url());
    let Snapshot { ledger, bills, offline, deductions, coupons, groups, .. } = sample::snapshot();
    let tables = [
        &places.ledger,
        &places.bills,
        &places.offline,
        &places.deductions,
        &places.coupons.table,
        &places.groups,
    ];
    for (table, items) in tables.into_iter().zip([ledger, bills, offline, deductions, coupons, groups]) {
        for item in items {
            platform.dynamodb("PutItem", &json!({ "TableName": table, "Item": item })).await.unwrap();
        }
    }
    running.settle().await.unwrap();
}

async fn damage(running: &Running) {
    let items = sample::snapshot().ledger;
    let mut item = items.into_iter().find(|item| item["balance"]["N"] == "82800").unwrap();
    item["balance"] = json!({ "N": "82801" });
    let request = json!({ "TableName": Places::read().unwrap().ledger, "Item": item });
    platform::Platform::new(&http(), &running.base_url()).dynamodb("PutItem", &request).await.unwrap();
}

fn rules(books: &Books) -> Vec<&'static str> {
    check(books).violations().iter().map(|violation| violation.rule).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_is_audited_while_it_runs_and_its_directory_afterwards() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let running = start(Some(path.clone())).await;
    store_sample(&running).await;

    let found = check(&of_platform(&http(), &running.base_url()).await.unwrap()).to_string();
    assert!(found.contains("No violations."), "{found}");
    let in_use = of_directory(&path).await.unwrap_err().to_string();
    assert!(in_use.contains("with --url"), "{in_use}");
    running.shutdown().await;
    assert_eq!(check(&of_directory(&path).await.unwrap()).to_string(), found);

    let running = start(Some(path.clone())).await;
    damage(&running).await;
    let expected = ["money-conserved", "balance-of-transfers"];
    assert_eq!(rules(&of_platform(&http(), &running.base_url()).await.unwrap()), expected);
    running.shutdown().await;
    assert_eq!(rules(&of_directory(&path).await.unwrap()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_failed_is_found() {
    let running = start(None).await;
    let table = Places::read().unwrap().coupons.table;
    let platform = platform::Platform::new(&http(), &running.base_url());
    for mut item in sample::snapshot().coupons {
        if item["sk"]["S"] == "WORKFLOW" {
            item["workflow"]["M"]["input"] = json!({ "M": {} });
        }
        let request = json!({ "TableName": table, "Item": item });
        platform.dynamodb("PutItem", &request).await.unwrap();
    }
    running.settle().await.unwrap();

    let report = check(&of_platform(&http(), &running.base_url()).await.unwrap()).to_string();
    assert!(report.contains("the redemption is to be followed up, but its execution is FAILED"), "{report}");
    running.shutdown().await;
}

#[tokio::test]
async fn what_is_no_data_directory_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    for path in [parent.path().to_owned(), parent.path().join("none")] {
        let told = of_directory(&path).await.unwrap_err().to_string();
        assert!(told.contains("not a data directory"), "{told}");
    }
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}
