//! Which state machines are Express ones, and what they must be able to do then.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::rules::machines::{definitions, mean_seconds, states, tasks};
use crate::deploy::stack::{Stack, items};
use serde_json::Value;

/// Machines that have to wait by themselves.
const STANDARD: &[&str] = &[];
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const EXPRESS_SECONDS_MAX: u64 = 5 * 60;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "machine-express",
        reason: "An execution that waits counts among an account's million and costs for each state: what waits lies in a slot.",
        check: express,
        broken_by: &[
            Edit::Set("template/Resources/BillExpiry/Properties/Type", r#""STANDARD""#),
            Edit::Set(
                "machines/BillExpiry/States/Later",
                r#"{"Type": "Wait", "Seconds": 60, "Next": "Expired"}"#,
            ),
            Edit::Set("template/Resources/CouponReward/Properties/Type", r#""STANDARD""#),
        ],
    },
    Rule {
        id: "machine-express-in-time",
        reason: "An Express execution is ended after five minutes, whatever its tasks are about.",
        check: in_time,
        broken_by: &[
            Edit::Set("machines/BillExpiry/States/ExpireBill/TimeoutSeconds", "60"),
            Edit::Set("machines/BillExpiry/States/LapseBill/Retry/0/MaxAttempts", "20"),
        ],
    },
];

/// Those that wait for days have to be standard ones, and none else.
fn express(stack: &Stack) -> Vec<Finding> {
    let wrong = definitions(stack).filter(|(id, definition)| {
        let waits = states(definition).iter().any(|(_, state)| state["Type"] == "Wait");
        let (expected, may_wait) =
            if STANDARD.contains(id) { ("STANDARD", true) } else { ("EXPRESS", false) };
        stack.properties(id)["Type"] != expected || (waits && !may_wait)
    });
    wrong.map(|(id, _)| finding(id, "it is of the wrong type, or waits")).collect()
}

/// How long its tasks may take together, each as often as it is tried, with the longest pauses.
fn in_time(stack: &Stack) -> Vec<Finding> {
    let longest = |state: &Value| {
        let timeout = state["TimeoutSeconds"].as_u64().unwrap_or(EXPRESS_SECONDS_MAX);
        let retries = || items(&state["Retry"]);
        let tries = 1 + retries().filter_map(|retry| retry["MaxAttempts"].as_u64()).sum::<u64>();
        tries * timeout + 2 * retries().map(mean_seconds).sum::<u64>()
    };
    let all = definitions(stack).filter(|(id, _)| stack.properties(id)["Type"] == "EXPRESS");
    let late = all.filter(|(_, definition)| {
        tasks(definition).iter().map(|(_, state)| longest(state)).sum::<u64>() >= EXPRESS_SECONDS_MAX
    });
    late.map(|(id, _)| finding(id, "its tasks may take longer than it may")).collect()
}
