//! Alarms: somebody is told before a customer tells us.

use crate::deploy::metrics::{Metric, substituted};
use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{ALARM, API, MACHINE, STREAM_EVENT, Stack, TABLE, items, target, texts};
use serde_json::{Value, json};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "dead-letters-alarmed",
        reason: "What nobody consumes waits for a person, who must hear of the first message.",
        check: dead_letters,
        broken_by: &[
            Edit::Remove("template/Resources/StreamFailuresWaiting"),
            Edit::Remove("template/Resources/WorkflowRetriesFailedWaiting"),
            Edit::Remove("template/Resources/PosBatchesFailedWaiting"),
            Edit::Set("template/Resources/StreamFailuresWaiting/Properties/Threshold", "10"),
            Edit::Set("template/Resources/StreamFailuresWaiting/Properties/Statistic", r#""Minimum""#),
            Edit::Set(
                "template/Resources/StreamFailuresWaiting/Properties/ComparisonOperator",
                r#""LessThanThreshold""#,
            ),
            Edit::Set("template/Resources/Later", r#"{"Type": "AWS::SQS::Queue", "Properties": {}}"#),
        ],
    },
    Rule {
        id: "queue-age-alarmed",
        reason: "A consumer that stands still is seen by what waits for it.",
        check: |stack| {
            let consumed = stack.consumers().into_iter().map(|(queue, _)| queue);
            unwatched(stack, consumed, "AWS/SQS", &["ApproximateAgeOfOldestMessage"], "QueueName")
        },
        broken_by: &[
            Edit::Remove("template/Resources/WorkflowRetriesOld"),
            Edit::Remove("template/Resources/PosBatchesOld"),
            Edit::Set(
                "template/Resources/WorkflowRetriesOld/Properties/Dimensions/0/Value",
                r#"{"Fn::GetAtt": ["StreamFailures", "QueueName"]}"#,
            ),
        ],
    },
    Rule {
        id: "stream-age-alarmed",
        reason: "While a stream is not read no workflow starts, and no bill expires.",
        check: |stack| {
            let events = stack.events().into_iter().filter(|event| event.kind == STREAM_EVENT);
            unwatched(
                stack,
                events.map(|event| event.function),
                "AWS/Lambda",
                &["IteratorAge"],
                "FunctionName",
            )
        },
        broken_by: &[Edit::Remove("template/Resources/StreamOld")],
    },
    Rule {
        id: "polled-function-errors-alarmed",
        reason: "Nobody waits for the answer of a function that a stream, a queue or the time invokes, so nobody sees it fail.",
        check: |stack| {
            let polled = stack.polled().into_iter().chain(stack.scheduled()).map(|event| event.function);
            unwatched(stack, polled, "AWS/Lambda", &["Errors"], "FunctionName")
        },
        broken_by: &[
            Edit::Remove("template/Resources/StartWorkflowsFailing"),
            Edit::Remove("template/Resources/StartDueFailing"),
            Edit::Remove("template/Resources/WorkPosBatchFailing"),
            Edit::Set("template/Resources/RetryWorkflowsFailing/Properties/MetricName", r#""Invocations""#),
        ],
    },
    Rule {
        id: "schedule-silence-alarmed",
        reason: "What the time does not invoke any more fails nowhere, and all that is due waits for it.",
        check: schedule_silence,
        broken_by: &[
            Edit::Remove("template/Resources/StartDueSilent"),
            Edit::Set("template/Resources/StartDueSilent/Properties/TreatMissingData", r#""notBreaching""#),
            Edit::Set(
                "template/Resources/StartDueSilent/Properties/ComparisonOperator",
                r#""GreaterThanThreshold""#,
            ),
        ],
    },
    Rule {
        id: "late-slots-alarmed",
        reason: "What is put off again and again, and at last lies aside, fails nowhere else once its cause is a silent one.",
        check: late_slots,
        broken_by: &[
            Edit::Remove("template/Resources/SlotsLate"),
            Edit::Remove("template/Resources/SlotsFailed"),
            Edit::Set("template/Resources/SlotsFailed/Properties/MetricName", r#""put_off""#),
            Edit::Set("template/Resources/SlotsLate/Properties/Dimensions/1/Value", r#""start-workflows""#),
        ],
    },
    Rule {
        id: "machine-failures-alarmed",
        reason: "An execution that ended in no outcome leaves what it was to end as it is for ever.",
        check: |stack| {
            let metrics = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"];
            unwatched(stack, stack.names(MACHINE), "AWS/States", &metrics, "StateMachineArn")
        },
        broken_by: &[
            Edit::Remove("template/Resources/BillExpiryFailed"),
            Edit::Remove("template/Resources/BillExpiryTimedOut"),
            Edit::Remove("template/Resources/BillExpiryAborted"),
            Edit::Remove("template/Resources/OfflineAuthorizationAborted"),
            Edit::Remove("template/Resources/PosSettlementFailed"),
            Edit::Set(
                "template/Resources/PosSettlementTimedOut/Properties/Dimensions/0/Value",
                r#"{"Ref": "BillExpiry"}"#,
            ),
        ],
    },
    Rule {
        id: "api-alarmed",
        reason: "Answers that are faults of ours, or late, are what customers notice first.",
        check: api,
        broken_by: &[
            Edit::Remove("template/Resources/ApiFaults"),
            Edit::Remove("template/Resources/ApiSlow"),
            Edit::Set("template/Resources/ApiSlow/Properties/ExtendedStatistic", r#""p50""#),
            Edit::Set("template/Resources/Api/Properties/Name", r#""scrip""#),
        ],
    },
    Rule {
        id: "throttles-alarmed",
        reason: "What is throttled is tried again, so too little capacity shows as slowness alone.",
        check: throttles,
        broken_by: &[
            Edit::Remove("template/Resources/FunctionsThrottled"),
            Edit::Remove("template/Resources/LedgerThrottled"),
            Edit::Remove("template/Resources/OfflineThrottled"),
            Edit::Remove("template/Resources/DeductionsThrottled"),
            Edit::Set(
                "template/Resources/BillsThrottled/Properties/Metrics/0/Expression",
                r#"{"Fn::Sub": "SELECT SUM(ThrottledRequests) FROM \"AWS/DynamoDB\" WHERE TableName = '${LedgerTable}'"}"#,
            ),
            Edit::Set(
                "template/Resources/DirectoryThrottled/Properties/Metrics/0/Expression/Fn::Sub",
                r#""SELECT SUM(SystemErrors) FROM \"AWS/DynamoDB\" WHERE TableName = '${DirectoryTable}'""#,
            ),
        ],
    },
    Rule {
        id: "alarm-notifies",
        reason: "An alarm that tells nobody is a decoration.",
        check: |stack| {
            let actions =
                json!({ "Fn::If": ["Alarmed", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
            stack.each(ALARM, "it does not notify AlarmTopicArn", |alarm| {
                alarm["AlarmActions"] == actions && alarm["ActionsEnabled"] != false
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/ApiSlow/Properties/AlarmActions"),
            Edit::Set("template/Resources/ApiSlow/Properties/ActionsEnabled", "false"),
            Edit::Set("template/Resources/ApiSlow/Properties/AlarmActions/Fn::If/0", r#""Protected""#),
        ],
    },
    Rule {
        id: "alarm-explicit",
        reason: "Whether silence is good or bad news, and what is wrong, is said by the alarm itself.",
        check: |stack| {
            stack.each(ALARM, "it has no TreatMissingData, or no sentence as its AlarmDescription", |alarm| {
                alarm["TreatMissingData"].is_string()
                    && alarm["AlarmDescription"]
                        .as_str()
                        .is_some_and(|text| text.ends_with('.') && text.len() > 20)
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/ApiFaults/Properties/TreatMissingData"),
            Edit::Remove("template/Resources/ApiFaults/Properties/AlarmDescription"),
        ],
    },
];

fn watched(stack: &Stack) -> Vec<(Metric, &Value)> {
    stack.all(ALARM).filter_map(|(_, alarm)| Some((Metric::of_alarm(alarm)?, alarm))).collect()
}

/// What has no alarm for one of the metrics.
fn unwatched<'a>(
    stack: &Stack,
    all: impl IntoIterator<Item = &'a str>,
    namespace: &str,
    metrics: &[&str],
    dimension: &str,
) -> Vec<Finding> {
    let alarms = watched(stack);
    let is_watched = |metric: &str, id: &str| {
        alarms.iter().any(|(alarm, _)| alarm.is_of(namespace, metric, dimension, id))
    };
    let mut found = Vec::new();
    for id in all {
        let missing = metrics.iter().filter(|metric| !is_watched(metric, id));
        found.extend(missing.map(|metric| finding(id, format!("no alarm watches its {metric}"))));
    }
    found
}

fn dead_letters(stack: &Stack) -> Vec<Finding> {
    let alarms = watched(stack);
    let is_watched = |queue: &str| {
        alarms.iter().any(|(metric, alarm)| {
            metric.is_of("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue)
                && alarm["Statistic"] == "Maximum"
                && alarm["Threshold"] == 0
                && alarm["ComparisonOperator"] == "GreaterThanThreshold"
        })
    };
    let unseen = stack.dead_ends().into_iter().filter(|queue| !is_watched(queue));
    unseen.map(|queue| finding(queue, "no alarm tells of its first message")).collect()
}

fn schedule_silence(stack: &Stack) -> Vec<Finding> {
    let alarms = watched(stack);
    let is_watched = |function: &str| {
        alarms.iter().any(|(metric, alarm)| {
            metric.is_of("AWS/Lambda", "Invocations", "FunctionName", function)
                && alarm["Statistic"] == "Sum"
                && alarm["ComparisonOperator"] == "LessThanThreshold"
                && alarm["TreatMissingData"] == "breaching"
        })
    };
    let unheard = stack.scheduled().into_iter().filter(|event| !is_watched(event.function));
    unheard.map(|event| finding(event.function, "no alarm tells that it is not invoked")).collect()
}

fn late_slots(stack: &Stack) -> Vec<Finding> {
    let alarms = watched(stack);
    let is_watched = |metric: &str| {
        alarms.iter().any(|(watched, alarm)| {
            watched.is_of("Scrip", metric, "operation", "start-due")
                && watched.is_of("Scrip", metric, "environment", "Environment")
                && alarm["Statistic"] == "Sum"
                && alarm["Threshold"] == 0
                && alarm["ComparisonOperator"] == "GreaterThanThreshold"
        })
    };
    let missing = ["put_off", "failed"].into_iter().filter(|metric| !is_watched(metric));
    missing.map(|metric| finding("StartDue", format!("no alarm watches its {metric}"))).collect()
}

fn api(stack: &Stack) -> Vec<Finding> {
    let alarms = watched(stack);
    let mut found = Vec::new();
    for (id, api) in stack.all(API) {
        let name = target(&api["Name"]).unwrap_or_default();
        for (metric, statistic) in [("5XXError", "Sum"), ("Latency", "p99")] {
            let is_watched = alarms.iter().any(|(watched, alarm)| {
                watched.is_of("AWS/ApiGateway", metric, "ApiName", name)
                    && watched.is_of(
                        "AWS/ApiGateway",
                        metric,
                        "Stage",
                        api["StageName"].as_str().unwrap_or_default(),
                    )
                    && [&alarm["Statistic"], &alarm["ExtendedStatistic"]].contains(&&json!(statistic))
            });
            found.extend(
                (!is_watched)
                    .then(|| finding(id, format!("no alarm watches the {statistic} of its {metric}"))),
            );
        }
    }
    found
}

/// Throttled requests are counted by table and operation, so an alarm asks for their sum.
fn throttles(stack: &Stack) -> Vec<Finding> {
    let account = watched(stack).into_iter().any(|(metric, _)| {
        (metric.namespace.as_str(), metric.name.as_str()) == ("AWS/Lambda", "Throttles")
            && metric.dimensions.is_empty()
    });
    let queries = stack.all(ALARM).flat_map(|(_, alarm)| items(&alarm["Metrics"]));
    let queries: Vec<&str> = queries.flat_map(|metric| texts(&metric["Expression"])).collect();
    let is_watched = |table: &str| {
        queries.iter().any(|query| query.contains("SUM(ThrottledRequests)") && substituted(query) == [table])
    };
    let tables = stack.names(TABLE).into_iter().filter(|table| !is_watched(table));
    let tables = tables.map(|table| finding(table, "no alarm watches its ThrottledRequests"));
    tables
        .chain((!account).then(|| finding("Resources", "no alarm watches the Throttles of all functions")))
        .collect()
}
