//! What the functions wrote down.

use super::service::Service;
use scrip_test_support::{Scrip, Stack};
use serde_json::{Value, json};

/// The lines of invocations that hold this text
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>).
pub(crate) async fn lines(text: &str) -> Vec<Value> {
    let logs = Service::of("logs");
    let headers =
        [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "Logs_20140328.FilterLogEvents")];
    let mut search = json!({ "logGroupName": Stack::get().resource("FunctionLogs") });
    if !text.is_empty() {
        search["filterPattern"] = json!(format!("\"{text}\""));
    }
    let mut lines = Vec::new();
    loop {
        let page = logs.call("POST", "/", &headers, &search).await;
        // An emulator may not filter, so it is done here too.
        let messages = page["events"].as_array().expect("events").iter();
        let messages = messages.filter_map(|event| event["message"].as_str());
        lines.extend(messages.filter(|message| message.contains(text)).filter_map(read));
        match &page["nextToken"] {
            Value::Null => return lines,
            next => search["nextToken"] = next.clone(),
        }
    }
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
    // The schedule finds it by itself.
    scrip.advance("PT1M").await;

    let all_told = async || {
        let mut lines = lines(id).await;
        // The authorizer is asked only for tokens that the gateway has not seen within a minute.
        lines.retain(|line| line["operation"] != "authorize");
        let mut told: Vec<_> = lines.iter().map(|line| line["operation"].as_str()).collect();
        told.sort_unstable();
        told.dedup();
        (told == [Some("expire-bill"), Some("open-bill")]).then_some(lines)
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
