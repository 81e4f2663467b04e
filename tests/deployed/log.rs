//! What the functions wrote down.

use aws_sdk_cloudwatchlogs::Client;
use scrip_tests::{Scrip, Stack};
use serde_json::{Value, json};

/// The lines of invocations that hold this text.
pub(crate) async fn lines(scrip: &Scrip, text: &str) -> Vec<Value> {
    let client = Client::new(&scrip.aws());
    let mut search = client.filter_log_events().log_group_name(Stack::get().resource("FunctionLogs"));
    if !text.is_empty() {
        search = search.filter_pattern(format!("\"{text}\""));
    }
    let mut pages = search.into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page of the log");
        // An emulator may not filter, so it is done here too.
        let messages = page.events().iter().filter_map(|event| event.message());
        lines.extend(messages.filter(|message| message.contains(text)).filter_map(read));
    }
    lines
}

/// Lambda writes lines of its own between those of the functions.
fn read(message: &str) -> Option<Value> {
    let line: Value = serde_json::from_str(message).ok()?;
    line["operation"].is_string().then_some(line)
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
        let mut lines = lines(&scrip, id).await;
        // The authorizer is asked only for tokens that the gateway has not seen within a minute.
        lines.retain(|line| line["operation"] != "authorize");
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
