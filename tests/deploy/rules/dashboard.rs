//! The dashboard: valid where nothing checks it before AWS does, and complete.

use crate::deploy::metrics::{Metric, filled, substituted};
use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{
    API, DASHBOARD, FUNCTION, MACHINE, QUEUE, STREAM_EVENT, Stack, TABLE, items, target,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How wide a dashboard is.
const COLUMNS: u64 = 24;

/// What is shown of each resource of a type: namespace, dimension, metrics.
const SHOWN: &[(&str, &str, &str, &[&str])] = &[
    (API, "AWS/ApiGateway", "ApiName", &["Count", "4XXError", "5XXError", "Latency"]),
    (
        MACHINE,
        "AWS/States",
        "StateMachineArn",
        &[
            "ExecutionsStarted",
            "ExecutionsSucceeded",
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionsAborted",
        ],
    ),
    (QUEUE, "AWS/SQS", "QueueName", &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"]),
    (
        TABLE,
        "AWS/DynamoDB",
        "TableName",
        &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        ],
    ),
];

/// What is shown of each operation, which writes these metrics itself.
const OPERATION_METRICS: &[&str] =
    &["invocations", "duration_microseconds", "round_trips", "read_half_units", "write_half_units"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "dashboard-valid",
        reason: "CloudWatch checks the body when the stack is deployed, and leaves out what it does not understand.",
        check: valid,
        broken_by: &[
            Edit::Set(
                "template/Resources/Dashboard/Properties/DashboardBody/Fn::Sub",
                r#""{\"widgets\": [}""#,
            ),
            Edit::Set(
                "template/Resources/Dashboard/Properties/DashboardBody/Fn::Sub",
                r#""{\"widgets\": []}""#,
            ),
            Edit::Set(
                "template/Resources/Dashboard/Properties/DashboardBody/Fn::Sub",
                r#""{\"widgets\": [{\"type\": \"metric\", \"x\": 18, \"y\": 0, \"width\": 8, \"height\": 6, \"properties\": {\"title\": \"a\", \"region\": \"${AWS::Region}\", \"metrics\": [[\"a\", \"b\"]]}}]}""#,
            ),
            Edit::Set(
                "template/Resources/Dashboard/Properties/DashboardBody/Fn::Sub",
                r#""{\"widgets\": [{\"type\": \"metric\", \"x\": 0, \"y\": 0, \"width\": 8, \"height\": 6, \"properties\": {\"title\": \"a\", \"region\": \"eu-central-1\", \"metrics\": [[\"a\", \"b\"]]}}]}""#,
            ),
            Edit::Remove("template/Resources/StreamFailures"),
            Edit::Remove("template/Resources/Dashboard"),
        ],
    },
    Rule {
        id: "dashboard-complete",
        reason: "What the dashboard does not show is looked for last.",
        check: complete,
        broken_by: &[
            Edit::Set("template/Resources/Later", r#"{"Type": "AWS::SQS::Queue", "Properties": {}}"#),
            Edit::Set("template/Resources/Later", r#"{"Type": "AWS::DynamoDB::Table", "Properties": {}}"#),
            Edit::Set(
                "template/Resources/Later",
                r#"{"Type": "AWS::Serverless::StateMachine", "Properties": {}}"#,
            ),
            Edit::Set("template/Resources/Api/Properties/Name", r#""scrip""#),
            Edit::Set(
                "template/Resources/LapseBill/Properties/Events",
                r#"{"Extra": {"Type": "DynamoDB", "Properties": {}}}"#,
            ),
        ],
    },
    Rule {
        id: "dashboard-finds-operations",
        reason: "Operations are found by what they write, so that a new one is shown without being listed.",
        check: finds_operations,
        broken_by: &[
            Edit::Remove("template/Resources/Transfer/Properties/Environment/Variables/ENVIRONMENT"),
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/ENVIRONMENT",
                r#"{"Ref": "AWS::StackName"}"#,
            ),
            Edit::Set(
                "template/Resources/Dashboard/Properties/DashboardBody/Fn::Sub",
                r#""{\"widgets\": []}""#,
            ),
        ],
    },
];

/// The body with names for what they stand for.
fn body(stack: &Stack) -> Option<Value> {
    let (_, dashboard) = stack.all(DASHBOARD).next()?;
    serde_json::from_str(&filled(dashboard["DashboardBody"]["Fn::Sub"].as_str()?)).ok()
}

fn valid(stack: &Stack) -> Vec<Finding> {
    let Some(body) = body(stack) else {
        return vec![finding("Dashboard", "there is none whose body is JSON")];
    };
    let mut found = Vec::new();
    let mut wrong = |what: String| found.push(finding("Dashboard", what));
    let mut taken = BTreeSet::new();
    for widget in items(&body["widgets"]) {
        let properties = &widget["properties"];
        let title = properties["title"].as_str().unwrap_or_default();
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|side| widget[side].as_u64().unwrap_or(COLUMNS));
        if x + width > COLUMNS || (x..x + width).any(|x| (y..y + height).any(|y| !taken.insert((x, y)))) {
            wrong(format!("{title:?} lies over another or over the edge"));
        }
        let is_drawn = widget["type"] == "metric"
            && properties["metrics"].as_array().is_some_and(|rows| !rows.is_empty());
        if title.is_empty() || !is_drawn || properties["region"] != "AWS::Region" {
            wrong(format!("{title:?} has no title, metrics or region"));
        }
    }
    if taken.is_empty() {
        wrong("it has no widgets".to_owned());
    }
    let text =
        stack.all(DASHBOARD).filter_map(|(_, dashboard)| dashboard["DashboardBody"]["Fn::Sub"].as_str());
    let parameters = &stack.template()["Parameters"];
    let known = |name: &&str| {
        name.starts_with("AWS::") || !stack.kind(name).is_empty() || !parameters[*name].is_null()
    };
    text.flat_map(substituted)
        .filter(|name| !known(name))
        .for_each(|name| wrong(format!("there is no {name}")));
    found
}

fn complete(stack: &Stack) -> Vec<Finding> {
    let body = body(stack).unwrap_or_default();
    let shown: Vec<Metric> = items(&body["widgets"]).flat_map(Metric::of_widget).collect();
    let mut wanted = Vec::new();
    for (kind, namespace, dimension, metrics) in SHOWN {
        for (id, properties) in stack.all(kind) {
            let value = if *kind == API { target(&properties["Name"]).unwrap_or_default() } else { id };
            wanted.extend(metrics.iter().map(|metric| (id, *namespace, *metric, *dimension, value)));
        }
    }
    let streams =
        stack.events().into_iter().filter(|event| event.kind == STREAM_EVENT).map(|event| event.function);
    wanted.extend(streams.map(|function| (function, "AWS/Lambda", "IteratorAge", "FunctionName", function)));
    let missing = wanted.into_iter().filter(|(_, namespace, metric, dimension, value)| {
        !shown.iter().any(|shown| shown.is_of(namespace, metric, dimension, value))
    });
    missing
        .map(|(id, _, metric, ..)| finding(id, format!("the dashboard does not show its {metric}")))
        .collect()
}

fn finds_operations(stack: &Stack) -> Vec<Finding> {
    let body = body(stack).unwrap_or_default();
    let rows = items(&body["widgets"]).flat_map(|widget| items(&widget["properties"]["metrics"]));
    let searches: Vec<&str> = rows.filter_map(|row| row[0]["expression"].as_str()).collect();
    let schema = r"SEARCH('{Scrip,environment,operation} ";
    let finds = |metric: &&&str| {
        let terms = format!(r#"{schema}MetricName="{metric}" environment="Environment"', "#);
        searches.iter().any(|search| search.starts_with(&terms))
    };
    let missing = OPERATION_METRICS.iter().filter(|metric| !finds(metric));
    let mut found: Vec<Finding> =
        missing.map(|metric| finding("Dashboard", format!("it does not search for {metric}"))).collect();
    found.extend(stack.each(FUNCTION, "its metrics are not those of this Environment", |function| {
        function["Environment"]["Variables"]["ENVIRONMENT"] == json!({ "Ref": "Environment" })
    }));
    found
}
