//! Queues and streams: nothing is lost, and nothing is tried for ever.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{QUEUE, STREAM_EVENT, Stack, TABLE, number, target, texts};
use serde_json::Value;
use std::collections::BTreeSet;

/// The longest that SQS keeps a message:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.
const RETENTION_MAX_SECONDS: u64 = 1_209_600;
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const VISIBILITY_PER_TIMEOUT: u64 = 6;
/// From the same page: fewer lose messages to throttling.
const RECEIVES_MIN: u64 = 5;
const STREAM_RETRIES_MAX: u64 = 100;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "queue-encrypted",
        reason: "What waits in a queue names people and what they pay.",
        check: |stack| {
            stack.each(QUEUE, "it is not encrypted", |queue| {
                queue["SqsManagedSseEnabled"] == true || !queue["KmsMasterKeyId"].is_null()
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/StreamFailures/Properties/SqsManagedSseEnabled"),
            Edit::Set("template/Resources/StreamFailures/Properties/SqsManagedSseEnabled", "false"),
        ],
    },
    Rule {
        id: "queue-has-dead-letters",
        reason: "A message that always fails comes back until it expires, unseen.",
        check: has_dead_letters,
        broken_by: &[
            Edit::Set(
                "template/Resources/LapseBill/Properties/Events",
                r#"{"Extra": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["StreamFailures", "Arn"]}}}}"#,
            ),
            Edit::Remove("template/Resources/WorkflowRetries/Properties/RedrivePolicy"),
            Edit::Set("template/Resources/WorkflowRetries/Properties/RedrivePolicy/maxReceiveCount", "1"),
            Edit::Remove("template/Resources/PosBatches/Properties/RedrivePolicy"),
            Edit::Set(
                "template/Resources/WorkflowRetries/Properties/RedrivePolicy/deadLetterTargetArn",
                r#"{"Fn::GetAtt": ["WorkflowRetries", "Arn"]}"#,
            ),
        ],
    },
    Rule {
        id: "dead-letters-kept",
        reason: "What waits for somebody must outlast a holiday.",
        check: dead_letters_kept,
        broken_by: &[
            Edit::Remove("template/Resources/StreamFailures/Properties/MessageRetentionPeriod"),
            Edit::Remove("template/Resources/PosBatchesFailed/Properties/MessageRetentionPeriod"),
            Edit::Set(
                "template/Resources/WorkflowRetriesFailed/Properties/MessageRetentionPeriod",
                "1209599",
            ),
        ],
    },
    Rule {
        id: "queue-hides-long-enough",
        reason: "A message that is shown again while its function still works is worked on twice.",
        check: hides_long_enough,
        broken_by: &[
            Edit::Remove("template/Resources/WorkflowRetries/Properties/VisibilityTimeout"),
            Edit::Set("template/Resources/RetryWorkflows/Properties/Timeout", "900"),
            Edit::Set("template/Resources/WorkPosBatch/Properties/Timeout", "61"),
        ],
    },
    Rule {
        id: "batch-fails-in-part",
        reason: "One bad message must not bring back those that were done with it.",
        check: fails_in_part,
        broken_by: &[
            Edit::Remove(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/FunctionResponseTypes",
            ),
            Edit::Remove(
                "template/Resources/RetryWorkflows/Properties/Events/Starts/Properties/FunctionResponseTypes",
            ),
            Edit::Remove(
                "template/Resources/WorkPosBatch/Properties/Events/Stored/Properties/FunctionResponseTypes",
            ),
        ],
    },
    Rule {
        id: "stream-read",
        reason: "What a stream that nobody reads was to start never starts, and nothing says so.",
        check: streams_read,
        broken_by: &[
            Edit::Remove("template/Resources/StartWorkflows/Properties/Events/Coupons"),
            Edit::Remove("template/Resources/CouponsTable/Properties/StreamSpecification"),
            Edit::Set(
                "template/Resources/CouponsTable/Properties/StreamSpecification/StreamViewType",
                r#""KEYS_ONLY""#,
            ),
            Edit::Set(
                "template/Resources/LedgerTable/Properties/StreamSpecification",
                r#"{"StreamViewType": "NEW_IMAGE"}"#,
            ),
        ],
    },
    Rule {
        id: "stream-retries-bounded",
        reason: "A bad record holds up its shard until it is given up, and then somebody must be told.",
        check: stream_retries_bounded,
        broken_by: &[
            Edit::Remove(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/MaximumRetryAttempts",
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/MaximumRetryAttempts",
                "10000",
            ),
            Edit::Remove(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/DestinationConfig",
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/DestinationConfig/OnFailure/Destination",
                r#"{"Fn::GetAtt": ["LedgerTable", "Arn"]}"#,
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/BisectBatchOnFunctionError",
                "false",
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/StartingPosition",
                r#""LATEST""#,
            ),
        ],
    },
];

fn has_dead_letters(stack: &Stack) -> Vec<Finding> {
    let dead_ends = stack.dead_ends();
    let is_right = |queue: &str| {
        let redrive = &stack.properties(queue)["RedrivePolicy"];
        target(&redrive["deadLetterTargetArn"]).is_some_and(|letters| dead_ends.contains(letters))
            && number(&redrive["maxReceiveCount"]) >= Some(RECEIVES_MIN)
    };
    let consumed = stack.consumers().into_iter().map(|(queue, _)| queue).filter(|queue| !is_right(queue));
    let what =
        "after 5 receives at the earliest, a message that fails must go to a queue that nobody consumes";
    consumed.map(|queue| finding(queue, what)).collect()
}

fn dead_letters_kept(stack: &Stack) -> Vec<Finding> {
    let kept = |queue: &&str| {
        number(&stack.properties(queue)["MessageRetentionPeriod"]) == Some(RETENTION_MAX_SECONDS)
    };
    stack
        .dead_ends()
        .into_iter()
        .filter(|queue| !kept(queue))
        .map(|queue| finding(queue, "it keeps messages for less than 14 days"))
        .collect()
}

fn hides_long_enough(stack: &Stack) -> Vec<Finding> {
    let is_right = |(queue, function): &(&str, &str)| {
        let hidden = number(&stack.properties(queue)["VisibilityTimeout"]).unwrap_or(0);
        number(&stack.properties(function)["Timeout"])
            .is_some_and(|runs| hidden >= VISIBILITY_PER_TIMEOUT * runs)
    };
    let wrong = stack.consumers().into_iter().filter(|pair| !is_right(pair));
    wrong
        .map(|(queue, function)| {
            finding(queue, format!("its VisibilityTimeout is below 6 times {function}'s Timeout"))
        })
        .collect()
}

fn fails_in_part(stack: &Stack) -> Vec<Finding> {
    let whole = stack.polled().into_iter();
    let whole = whole
        .filter(|event| texts(&event.properties["FunctionResponseTypes"]) != ["ReportBatchItemFailures"]);
    whole
        .map(|event| finding(event.function, format!("{} has no ReportBatchItemFailures", event.name)))
        .collect()
}

fn streams_read(stack: &Stack) -> Vec<Finding> {
    let is_told = |table: &Value| table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE";
    let telling: BTreeSet<&str> =
        stack.all(TABLE).filter(|(_, table)| is_told(table)).map(|(id, _)| id).collect();
    let streams = stack.polled().into_iter().filter(|event| event.kind == STREAM_EVENT);
    let read: BTreeSet<&str> = streams.filter_map(|event| target(&event.properties["Stream"])).collect();
    let wrong = telling.symmetric_difference(&read);
    wrong.map(|table| finding(*table, "it tells new images to nobody, or is read and tells none")).collect()
}

fn stream_retries_bounded(stack: &Stack) -> Vec<Finding> {
    let is_right = |source: &Value| {
        let failures = target(&source["DestinationConfig"]["OnFailure"]["Destination"]).unwrap_or_default();
        number(&source["MaximumRetryAttempts"])
            .is_some_and(|retries| (1..=STREAM_RETRIES_MAX).contains(&retries))
            && stack.kind(failures) == QUEUE
            && source["BisectBatchOnFunctionError"] == true
            && source["StartingPosition"] == "TRIM_HORIZON"
    };
    let streams = stack.polled().into_iter().filter(|event| event.kind == STREAM_EVENT);
    let what =
        "it must begin at TRIM_HORIZON, retry a batch in halves, at most 100 times, and then tell a queue";
    streams.filter(|event| !is_right(event.properties)).map(|event| finding(event.function, what)).collect()
}
