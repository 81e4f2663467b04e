//! State machines: valid, wired exactly, patient with what is transient, and clear about how they ended.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::rules::permissions::{actions, resources, statements};
use crate::deploy::stack::{
    FUNCTION, LOG_GROUP, MACHINE, Stack, entries, items, kebab, number, target, texts,
};
use scrip_states_language::Machine;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a task meets that the next try may not: ours, and Lambda's of
/// <https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html>.
const TRANSIENT: &[&str] = &[
    "Transient",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "States.Timeout",
];

/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const HISTORY_EVENTS_MAX: u64 = 25_000;
/// Scheduled, started and failed or timed out, with room for what comes in between.
const EVENTS_PER_TRY: u64 = 5;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "machine-valid",
        reason: "A definition that Step Functions would refuse is found before it is deployed.",
        check: valid,
        broken_by: &[
            Edit::Set("machines/BillExpiry/StartAt", r#""Nowhere""#),
            Edit::Set("machines/BillExpiry/QueryLanguage", r#""JSONPath""#),
            Edit::Set("machines/PosSettlement/States/WindowOver/Assign/window", r#""{% $states.input. %}""#),
            Edit::Set("machines/BillExpiry/States/Expired/InputPath", r#""$.bill""#),
            Edit::Set("machines/PosSettlement/States/WindowOver/Next", r#""Nowhere""#),
            Edit::Remove("machines/OfflineAuthorization/States/EraseAuthorizationSecret"),
        ],
    },
    Rule {
        id: "machine-substituted",
        reason: "What stands for a function in a definition is a function of this template, and nothing is left over.",
        check: substituted,
        broken_by: &[
            Edit::Remove(
                "template/Resources/BillExpiry/Properties/DefinitionSubstitutions/LapseBillFunction",
            ),
            Edit::Set(
                "template/Resources/BillExpiry/Properties/DefinitionSubstitutions/Other",
                r#"{"Fn::GetAtt": ["LapseBill", "Arn"]}"#,
            ),
            Edit::Set(
                "template/Resources/BillExpiry/Properties/DefinitionSubstitutions/LapseBillFunction",
                r#"{"Fn::GetAtt": ["Lapse", "Arn"]}"#,
            ),
            Edit::Set(
                "machines/BillExpiry/States/LapseBill/Arguments/FunctionName",
                r#""arn:aws:lambda:eu-central-1:1:function:lapse""#,
            ),
        ],
    },
    Rule {
        id: "machine-invokes-its-tasks",
        reason: "A machine's role allows its tasks' functions and no others.",
        check: invokes_its_tasks,
        broken_by: &[
            Edit::Remove("template/Resources/BillExpiry/Properties/Policies/0/Statement/0/Resource/1"),
            Edit::Set(
                "template/Resources/BillExpiry/Properties/Policies/0/Statement/0/Resource",
                r#"[{"Fn::GetAtt": ["ExpireBill", "Arn"]}, {"Fn::GetAtt": ["LapseBill", "Arn"]}, {"Fn::GetAtt": ["Transfer", "Arn"]}]"#,
            ),
        ],
    },
    Rule {
        id: "machine-task-bounded",
        reason: "A task waits longer than its function can run, and not for ever.",
        check: task_bounded,
        broken_by: &[
            Edit::Remove("machines/BillExpiry/States/ExpireBill/TimeoutSeconds"),
            Edit::Set("machines/BillExpiry/States/ExpireBill/TimeoutSeconds", "15"),
            Edit::Set("template/Resources/LapseBill/Properties/Timeout", "60"),
            Edit::Set("template/Resources/SettleCaptures/Properties/Timeout", "60"),
        ],
    },
    Rule {
        id: "machine-task-retries",
        reason: "What is transient is tried again, at random moments that do not meet, and never days apart.",
        check: task_retries,
        broken_by: &[
            Edit::Remove("machines/BillExpiry/States/LapseBill/Retry"),
            Edit::Remove("machines/BillExpiry/States/LapseBill/Retry/0/JitterStrategy"),
            Edit::Remove("machines/BillExpiry/States/LapseBill/Retry/0/MaxDelaySeconds"),
            Edit::Remove("machines/BillExpiry/States/LapseBill/Retry/0/MaxAttempts"),
            Edit::Remove("machines/BillExpiry/States/LapseBill/Retry/0/ErrorEquals/0"),
            Edit::Remove(
                "machines/PosSettlement/States/CompensateCaptures/ItemProcessor/States/CompensatePosTransaction/Retry",
            ),
        ],
    },
    Rule {
        id: "machine-history-bounded",
        reason: "An execution whose history has 25,000 events fails, whatever it was about to do.",
        check: history_bounded,
        broken_by: &[Edit::Set(
            "machines/CouponReward/States/RedeemConfirmation/Retry/0/MaxAttempts",
            "6000",
        )],
    },
    Rule {
        id: "machine-task-catches",
        reason: "Every failure leads to a state that tells it.",
        check: |stack| {
            each_state(stack, "it does not catch States.ALL", |state| {
                state["Type"] != "Task"
                    || items(&state["Catch"]).any(|catcher| texts(&catcher["ErrorEquals"]) == ["States.ALL"])
            })
        },
        broken_by: &[
            Edit::Remove("machines/BillExpiry/States/ExpireBill/Catch"),
            Edit::Set("machines/BillExpiry/States/ExpireBill/Catch/0/ErrorEquals", r#"["Refused"]"#),
            Edit::Remove("machines/PosSettlement/States/SettleCaptures/Catch"),
        ],
    },
    Rule {
        id: "machine-ends-by-name",
        reason: "Whoever looks at an execution reads in its last state what became of it.",
        check: ends_by_name,
        broken_by: &[
            Edit::Set("machines/BillExpiry/States/Unpaid/Output", r#"{"bill": "{% $bill %}"}"#),
            Edit::Remove("machines/BillExpiry/States/Failed/Error"),
            Edit::Set("machines/BillExpiry/States/LapseBill/End", "true"),
            Edit::Remove("machines/BillExpiry/States/OutcomeKnown/Default"),
            Edit::Remove("machines/OfflineAuthorization/States/ErasureKnown/Default"),
        ],
    },
    Rule {
        id: "machine-logged",
        reason: "A failed execution is found in the log and the trace, and what it worked on stays out of both.",
        check: logged,
        broken_by: &[
            Edit::Remove("template/Resources/BillExpiry/Properties/Logging"),
            Edit::Set("template/Resources/BillExpiry/Properties/Logging/Level", r#""OFF""#),
            Edit::Set("template/Parameters/WorkflowLogLevel/AllowedValues/0", r#""OFF""#),
            Edit::Set("template/Parameters/WorkflowLogLevel/Default", r#""ALL""#),
            Edit::Set("template/Resources/BillExpiry/Properties/Logging/IncludeExecutionData", "true"),
            Edit::Remove("template/Resources/BillExpiry/Properties/Tracing"),
        ],
    },
];

/// The states of a definition with their names, nested ones too.
pub(super) fn states(flow: &Value) -> Vec<(&str, &Value)> {
    let own = entries(&flow["States"]);
    own.flat_map(|(name, state)| {
        let nested = items(&state["Branches"]).chain([&state["ItemProcessor"]]).flat_map(states);
        std::iter::once((name, state)).chain(nested.collect::<Vec<_>>())
    })
    .collect()
}

pub(super) fn definitions(stack: &Stack) -> impl Iterator<Item = (&str, &Value)> {
    stack.all(MACHINE).map(|(id, _)| (id, &stack.section("machines")[id]))
}

fn each_state(stack: &Stack, what: &str, is_right: impl Fn(&Value) -> bool) -> Vec<Finding> {
    let all = definitions(stack)
        .flat_map(|(id, definition)| states(definition).into_iter().map(move |at| (id, at)));
    let wrong = all.filter(|(_, (_, state))| !is_right(state));
    wrong.map(|(id, (name, _))| finding(format!("{id}.{name}"), what)).collect()
}

/// The placeholder that a task's function stands behind.
fn placeholder(state: &Value) -> Option<&str> {
    state["Arguments"]["FunctionName"].as_str()?.strip_prefix("${")?.strip_suffix('}')
}

/// The logical id of a task's function.
fn function<'a>(stack: &'a Stack, machine: &str, state: &Value) -> Option<&'a str> {
    target(&stack.properties(machine)["DefinitionSubstitutions"][placeholder(state)?])
}

pub(super) fn tasks(definition: &Value) -> Vec<(&str, &Value)> {
    states(definition).into_iter().filter(|(_, state)| state["Type"] == "Task").collect()
}

fn valid(stack: &Stack) -> Vec<Finding> {
    let fault = |(id, definition): (&str, &Value)| {
        let mut text = definition.to_string();
        for (name, _) in entries(&stack.properties(id)["DefinitionSubstitutions"]) {
            text = text.replace(
                &format!("${{{name}}}"),
                &format!("arn:aws:lambda:local:000000000000:function:{name}"),
            );
        }
        Machine::parse(&kebab(id), &text).err().map(|invalid| finding(id, invalid.to_string()))
    };
    definitions(stack).filter_map(fault).collect()
}

fn substituted(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, definition) in definitions(stack) {
        let given = &stack.properties(id)["DefinitionSubstitutions"];
        let all = texts(definition);
        let used: BTreeSet<&str> = all
            .iter()
            .flat_map(|text| text.split("${").skip(1))
            .filter_map(|rest| rest.split('}').next())
            .collect();
        for (name, value) in entries(given) {
            if !used.contains(name) {
                found.push(finding(id, format!("the definition has no ${{{name}}}")));
            }
            if stack.kind(target(value).unwrap_or_default()) != FUNCTION {
                found.push(finding(id, format!("{name} stands for no function of this template")));
            }
        }
        let missing = used.iter().filter(|name| given[**name].is_null());
        found.extend(missing.map(|name| finding(id, format!("nothing stands for ${{{name}}}"))));
        let unnamed = tasks(definition).into_iter().filter(|(_, state)| placeholder(state).is_none());
        found.extend(
            unnamed.map(|(name, _)| finding(format!("{id}.{name}"), "its function is no substitution")),
        );
    }
    found
}

fn invokes_its_tasks(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, definition) in definitions(stack) {
        let called: BTreeSet<&str> =
            tasks(definition).iter().filter_map(|(_, state)| function(stack, id, state)).collect();
        let invoking = statements(stack.properties(id));
        let invoking =
            invoking.into_iter().filter(|statement| actions(statement).contains("lambda:InvokeFunction"));
        let allowed: BTreeSet<&str> = invoking.flat_map(resources).filter_map(target).collect();
        if called != allowed {
            found.push(finding(id, format!("its tasks call {called:?} and its role allows {allowed:?}")));
        }
    }
    found
}

fn task_bounded(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, definition) in definitions(stack) {
        for (name, state) in tasks(definition) {
            let runs = function(stack, id, state)
                .and_then(|function| number(&stack.properties(function)["Timeout"]));
            if runs.is_none() || state["TimeoutSeconds"].as_u64() <= runs {
                found.push(finding(
                    format!("{id}.{name}"),
                    "its TimeoutSeconds is not above its function's Timeout",
                ));
            }
        }
    }
    found
}

fn task_retries(stack: &Stack) -> Vec<Finding> {
    each_state(stack, "it does not retry what is transient with jitter, a cap and an end", |state| {
        let retries: Vec<&Value> = items(&state["Retry"]).collect();
        let errors: BTreeSet<&str> = retries.iter().flat_map(|retry| texts(&retry["ErrorEquals"])).collect();
        let is_bounded = |retry: &&Value| {
            retry["JitterStrategy"] == "FULL"
                && retry["MaxDelaySeconds"].is_u64()
                && retry["MaxAttempts"].is_u64()
        };
        state["Type"] != "Task"
            || (retries.iter().all(is_bounded) && TRANSIENT.iter().all(|error| errors.contains(error)))
    })
}

/// How long a retrier goes on in the mean: full jitter waits half of what it might.
pub(super) fn mean_seconds(retry: &Value) -> u64 {
    let [interval, backoff, cap, attempts] =
        ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts"]
            .map(|name| retry[name].as_u64().unwrap_or(1));
    let mut pause = interval;
    let mut sum = 0;
    for _ in 0..attempts {
        sum += pause.min(cap);
        pause = pause.saturating_mul(backoff);
    }
    sum / 2
}

fn history_bounded(stack: &Stack) -> Vec<Finding> {
    let tries = |definition: &Value| {
        let states = tasks(definition).into_iter();
        let retries = states.flat_map(|(_, state)| items(&state["Retry"]));
        retries.filter_map(|retry| retry["MaxAttempts"].as_u64()).map(|retries| retries + 1).sum::<u64>()
    };
    let long =
        definitions(stack).filter(|(_, definition)| tries(definition) * EVENTS_PER_TRY > HISTORY_EVENTS_MAX);
    long.map(|(id, _)| finding(id, "its tasks may be tried more often than its history can tell")).collect()
}

fn ends_by_name(stack: &Stack) -> Vec<Finding> {
    let is_named = |state: &Value| match state["Type"].as_str() {
        Some("Succeed") => state["Output"]["outcome"].as_str().is_some_and(|outcome| !outcome.contains("{%")),
        Some("Fail") => state["Error"].is_string(),
        Some("Choice") => state["Default"].is_string(),
        _ => state["End"].is_null(),
    };
    let own = definitions(stack)
        .flat_map(|(id, definition)| entries(&definition["States"]).map(move |at| (id, at)));
    let unnamed = own.filter(|(_, (_, state))| !is_named(state));
    unnamed
        .map(|(id, (name, _))| finding(format!("{id}.{name}"), "it may end the execution without saying how"))
        .collect()
}

fn logged(stack: &Stack) -> Vec<Finding> {
    let parameter = &stack.template()["Parameters"]["WorkflowLogLevel"];
    let are_levels =
        texts(&parameter["AllowedValues"]) == ["ERROR", "ALL"] && parameter["Default"] == "ERROR";
    stack.each(
        MACHINE,
        "it is not traced, or does not log errors without data into a log group of this template",
        |machine| {
            let log = &machine["Logging"];
            let groups = items(&log["Destinations"])
                .filter_map(|place| target(&place["CloudWatchLogsLogGroup"]["LogGroupArn"]));
            groups.filter(|group| stack.kind(group) == LOG_GROUP).count() == 1
                && log["Level"] == json!({ "Ref": "WorkflowLogLevel" })
                && are_levels
                && log["IncludeExecutionData"] == false
                && machine["Tracing"]["Enabled"] == true
        },
    )
}
