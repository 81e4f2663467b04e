//! Every line is one that `CloudWatch` understands, and counts each invocation once.
//!
//! Source: Amazon `CloudWatch` User Guide, "Specification: Embedded metric format",
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use super::scene::Scene;
use scrip_test_support::{Fault, Scrip};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const NAMESPACE_CHARACTERS_MAX: usize = 1_024;
const METRICS_MAX: usize = 100;
const DIMENSIONS_MAX: usize = 30;
const VALUE_CHARACTERS_MAX: usize = 1_024;
const VALUES_MAX: usize = 100;
const LINE_MAX_BYTES: usize = 1_048_576;
/// Those of `MetricDatum` that a count or a time has here.
const UNITS: [&str; 5] = ["Count", "Microseconds", "Milliseconds", "Seconds", "Bytes"];

/// What keeps `CloudWatch` from reading a line's metrics; a line without any is no concern of it.
fn faults(line: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if has_null(line) {
        faults.push("a null".to_owned());
    }
    if line.to_string().len() > LINE_MAX_BYTES {
        faults.push("more bytes than a line may have".to_owned());
    }
    let Some(metadata) = line.get("_aws") else { return faults };
    if metadata["Timestamp"].as_u64().is_none() {
        faults.push("no timestamp in milliseconds".to_owned());
    }
    match metadata["CloudWatchMetrics"].as_array() {
        Some(directives) if !directives.is_empty() => {
            faults.extend(directives.iter().flat_map(|directive| of_directive(line, directive)));
        }
        _ => faults.push("no metric directive".to_owned()),
    }
    faults
}

fn of_directive(line: &Value, directive: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let namespace = directive["Namespace"].as_str().unwrap_or_default();
    if !(1..=NAMESPACE_CHARACTERS_MAX).contains(&namespace.len()) {
        faults.push(format!("the namespace {namespace:?}"));
    }
    let Some(sets) = directive["Dimensions"].as_array() else { return vec!["no dimensions".to_owned()] };
    for set in sets {
        let names: Vec<_> = set.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_whole = set.as_array().is_some_and(|set| set.len() == names.len());
        if !is_whole || names.len() > DIMENSIONS_MAX || !are_different(&names) {
            faults.push(format!("the dimensions {set}"));
        }
        faults.extend(
            names.iter().filter(|name| !is_dimension(&line[**name])).map(|name| format!("dimension {name}")),
        );
    }
    let Some(metrics) = directive["Metrics"].as_array() else { return vec!["no metrics".to_owned()] };
    let names: Vec<_> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap_or_default()).collect();
    if metrics.len() > METRICS_MAX || !are_different(&names) {
        faults.push(format!("the metrics {names:?}"));
    }
    for (name, metric) in names.iter().zip(metrics) {
        let is_unit = metric.get("Unit").is_none_or(|unit| UNITS.iter().any(|known| unit == known));
        if !is_unit || name.is_empty() || !is_metric(&line[*name]) {
            faults.push(format!("metric {metric}: {}", line[*name]));
        }
    }
    faults
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

fn are_different(names: &[&str]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
}

fn is_dimension(value: &Value) -> bool {
    let is_text = |text: &str| (1..=VALUE_CHARACTERS_MAX).contains(&text.len()) && text.is_ascii();
    value.as_str().is_some_and(is_text)
}

fn is_metric(value: &Value) -> bool {
    let of_many = |values: &Vec<Value>| values.len() <= VALUES_MAX && values.iter().all(Value::is_number);
    value.is_number() || value.as_array().is_some_and(of_many)
}

/// Requires that every line is right, and gives how many invocations each operation counts with each outcome.
#[track_caller]
fn counted(scrip: &Scrip) -> BTreeMap<(String, String), u64> {
    let mut counted = BTreeMap::new();
    for line in scrip.log().lines() {
        assert_eq!(faults(&line), [""; 0], "{line}");
        assert_eq!(line["environment"], "local", "{line}");
        assert_eq!(line.get("_aws").is_some(), line.get("invocations").is_some(), "{line}");
        if let Some(count) = line["invocations"].as_u64() {
            let text = |name: &str| line[name].as_str().expect("text").to_owned();
            *counted.entry((text("operation"), text("outcome"))).or_insert(0) += count;
        }
    }
    counted
}

#[tokio::test]
async fn a_bills_way_counts_each_invocation_once() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, "493817").await;
    let account = scrip.account(&alice, 5_000, "CNY").await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let (paid, unpaid) = (
        alice.open_bill(&scrip, &account, json!({})).await,
        alice.open_bill(&scrip, &account, json!({})).await,
    );
    paid.add(&scrip, &terminal, 1, 700).await.expect(201);
    unpaid.add(&scrip, &terminal, 1, 300).await.expect(201);
    let request = paid.ask(&scrip, &alice).await.expect(201).text("id");
    paid.verify(&scrip, &alice, &request, "111112").await.expect_problem(422, "verification-failed");
    paid.verify(&scrip, &alice, &request, "493817").await.expect(200);
    scrip.get(&alice, "/v1/bills/bill_00000000000000000000000000").await.expect_problem(404, "not-found");
    scrip.advance("PT4H").await;

    let counted = counted(&scrip);

    let count = |operation: &str, outcome: &str| {
        counted.get(&(operation.to_owned(), outcome.to_owned())).copied().unwrap_or_default()
    };
    for (operation, outcome, expected) in [
        ("open-bill", "ok", 2),
        ("add-items", "ok", 2),
        ("request-verification", "ok", 1),
        ("verify-bill", "verification-failed", 1),
        ("verify-bill", "ok", 1),
        ("get-bill", "not-found", 1),
        ("expire-bill", "ok", 1),
        ("lapse-bill", "ok", 1),
    ] {
        assert_eq!(count(operation, outcome), expected, "{operation} {outcome}");
    }
    assert!(count("start-due", "ok") > 0 && count("authorize", "ok") > 0);
}

#[tokio::test]
async fn what_fails_is_counted_and_what_only_explains_it_is_not() {
    let scene = Scene::begin().await;
    scene.faults.plan("start-due", [Fault::Without("MACHINE_BILL_EXPIRY")]);
    scene.faults.plan("expire-bill", [Fault::Busy, Fault::Broken]);
    scene.open(json!({})).await;
    scene.advance("PT3H").await;

    let counted = counted(&scene.scrip);

    let count = |outcome: &str| counted.get(&("expire-bill".to_owned(), outcome.to_owned()));
    assert_eq!((count("busy"), count("internal")), (Some(&1), Some(&1)));
    let lines = scene.scrip.log().lines();
    let explains = |line: &&Value| line["operation"] == "start-due" && line["outcome"] == "internal";
    let explanation = lines.iter().find(explains).expect("a line of the bill");
    assert!(explanation.get("_aws").is_none() && explanation.get("duration_microseconds").is_none());
}

#[test]
fn what_cloudwatch_would_not_read_is_found() {
    let metadata = json!({
        "Timestamp": 1, "CloudWatchMetrics": [{
            "Namespace": "n", "Dimensions": [["d"]], "Metrics": [{ "Name": "m", "Unit": "Count" }],
        }],
    });
    let good = json!({ "_aws": metadata, "d": "x", "m": 1 });
    assert_eq!(faults(&good), [""; 0]);
    assert_eq!(faults(&json!({ "level": "info" })), [""; 0]);
    let too_many: Vec<_> = (0..=METRICS_MAX).map(|_| json!({ "Name": "m" })).collect();
    for (pointer, value) in [
        ("/d", json!(1)),
        ("/d", json!("")),
        ("/d", json!("ü")),
        ("/m", json!("1")),
        ("/m", json!(null)),
        ("/_aws/Timestamp", json!("now")),
        ("/_aws/CloudWatchMetrics", json!([])),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!("d")),
        ("/_aws/CloudWatchMetrics/0/Dimensions/0", json!(["d", "d"])),
        ("/_aws/CloudWatchMetrics/0/Dimensions/0", json!(["other"])),
        ("/_aws/CloudWatchMetrics/0/Dimensions/0", json!([1])),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", json!("other")),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("Apples")),
        ("/_aws/CloudWatchMetrics/0/Metrics", json!(too_many)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("a place") = value;
        assert!(!faults(&bad).is_empty(), "{bad}");
    }
}
