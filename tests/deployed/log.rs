//! What the functions wrote down.

use aws_sdk_cloudwatchlogs::Client;
use scrip_tests::{Scrip, Stack};
use serde_json::{Value, json};

/// The lines that name this request.
async fn lines(scrip: &Scrip, request: &str) -> Vec<Value> {
    let client = Client::new(&scrip.aws());
    let search = client.filter_log_events().log_group_name(Stack::get().resource("FunctionLogs"));
    let mut pages = search.filter_pattern(format!("\"{request}\"")).into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        for event in page.expect("a page of the log").events() {
            lines.extend(event.message().and_then(|text| serde_json::from_str::<Value>(text).ok()));
        }
    }
    lines.retain(|line| line["operation"].is_string());
    lines
}

#[tokio::test]
async fn all_that_a_request_leads_to_is_found_by_its_id() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let request = json!({ "account": account, "effective_for": "PT1M" });
    let opened = scrip.post(&alice, "/v1/bills", &request).await.expect(201);
    let id = &opened.headers["x-request-id"];
    scrip.advance("PT1M").await;

    let all_told = async || {
        let lines = lines(&scrip, id).await;
        let mut told: Vec<_> = lines.iter().map(|line| line["operation"].as_str()).collect();
        told.sort_unstable();
        told.dedup();
        (told == [Some("expire-bill"), Some("open-bill"), Some("start-workflows")]).then_some(lines)
    };
    for line in scrip.soon("a line of each function", all_told).await {
        assert_eq!(line["outcome"], "ok", "{line}");
        if line["operation"] == "open-bill" {
            assert_eq!((&line["request_id"], &line["status"]), (&json!(id), &json!(201)), "{line}");
        } else {
            let causes = line["causes"].as_array().expect("causes");
            assert!(causes.contains(&json!(id)), "{line}");
        }
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Scrip", "{line}");
    }
}
