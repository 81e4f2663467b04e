//! Functions: each is known to the code, is invoked as the code expects, and leaves a trace.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{
    API, Event, FUNCTION, LOG_GROUP, MACHINE, QUEUE_EVENT, STREAM_EVENT, Stack, entries, number, target,
    texts,
};
use scrip_function::Trigger;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "function-in-catalog",
        reason: "A handler that the artifact does not know fails at its first invocation, and one that is not deployed is dead.",
        check: in_catalog,
        broken_by: &[
            Edit::Set("template/Resources/Transfer/Properties/Handler", r#""transfers""#),
            Edit::Set("template/Resources/Transfer/Properties/Handler", r#""deposit""#),
            Edit::Remove("template/Resources/LapseBill"),
        ],
    },
    Rule {
        id: "function-has-its-trigger",
        reason: "A handler takes the events of one kind of source.",
        check: has_its_trigger,
        broken_by: &[
            Edit::Remove("template/Resources/Transfer/Metadata"),
            Edit::Remove("template/Resources/StartWorkflows/Properties/Events"),
            Edit::Remove("template/Resources/StartDue/Properties/Events"),
            Edit::Remove("template/Resources/WorkPosBatch/Properties/Events/Stored"),
            Edit::Remove(
                "template/Resources/BillExpiry/Properties/DefinitionSubstitutions/LapseBillFunction",
            ),
            Edit::Set(
                "template/Resources/Api/Properties/Auth/Authorizers/Bearer/FunctionArn",
                r#"{"Fn::GetAtt": ["Transfer", "Arn"]}"#,
            ),
        ],
    },
    Rule {
        id: "schedule-sends-something",
        reason: "EventBridge fires a rule whose input is empty, and sends nothing.",
        check: |stack| {
            let is_empty = |event: &&Event| {
                let input = event.properties["Input"].as_str();
                let input = input.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
                input.is_none_or(|members| members.is_empty())
            };
            let events = stack.scheduled();
            let empty = events.iter().filter(is_empty);
            empty.map(|event| finding(event.function, "its schedule sends no members")).collect()
        },
        broken_by: &[
            Edit::Remove("template/Resources/StartDue/Properties/Events/EveryMinute/Properties/Input"),
            Edit::Set(
                "template/Resources/StartDue/Properties/Events/EveryMinute/Properties/Input",
                r#""{}""#,
            ),
            Edit::Set(
                "template/Resources/StartDue/Properties/Events/EveryMinute/Properties/Input",
                r#""due""#,
            ),
        ],
    },
    Rule {
        id: "schedule-outlasts-no-period",
        reason: "A look at what is due that lasts until the next one starts everything twice.",
        check: |stack| {
            let is_long = |event: &&Event| {
                let timeout = number(&stack.properties(event.function)["Timeout"]);
                event.properties["Schedule"] != "rate(1 minute)"
                    || timeout.is_none_or(|seconds| seconds >= 60)
            };
            let events = stack.scheduled();
            let long = events.iter().filter(is_long);
            long.map(|event| finding(event.function, "it is not invoked each minute for less than one"))
                .collect()
        },
        broken_by: &[
            Edit::Set("template/Resources/StartDue/Properties/Timeout", "60"),
            Edit::Set(
                "template/Resources/StartDue/Properties/Events/EveryMinute/Properties/Schedule",
                r#""rate(5 minutes)""#,
            ),
        ],
    },
    Rule {
        id: "function-logs-retained",
        reason: "A log group that Lambda makes by itself is kept for ever.",
        check: logs_retained,
        broken_by: &[
            Edit::Remove("template/Resources/Transfer/Properties/LoggingConfig"),
            Edit::Set(
                "template/Resources/Transfer/Properties/LoggingConfig/LogGroup",
                r#""/aws/lambda/transfer""#,
            ),
            Edit::Set("template/Resources/Transfer/Properties/LoggingConfig/LogFormat", r#""Text""#),
        ],
    },
    Rule {
        id: "log-group-retained",
        reason: "Logs that nobody deletes cost more each month and keep what should be forgotten.",
        check: |stack| {
            stack.each(LOG_GROUP, "it has no RetentionInDays", |group| !group["RetentionInDays"].is_null())
        },
        broken_by: &[Edit::Remove("template/Resources/AccessLogs/Properties/RetentionInDays")],
    },
    Rule {
        id: "function-traced",
        reason: "A request that passes through several functions is followed by its trace.",
        check: |stack| {
            stack.each(FUNCTION, "Tracing is not Active", |function| function["Tracing"] == "Active")
        },
        broken_by: &[Edit::Set("template/Resources/Transfer/Properties/Tracing", r#""PassThrough""#)],
    },
    Rule {
        id: "function-of-the-artifact",
        reason: "All functions are one artifact, built for the architecture that they run on.",
        check: of_the_artifact,
        broken_by: &[
            Edit::Set("template/Resources/Transfer/Properties/CodeUri", r#""../target/lambda/transfer/""#),
            Edit::Set("template/Resources/Transfer/Properties/Runtime", r#""python3.14""#),
            Edit::Set("template/Resources/Transfer/Properties/Architectures", r#"["riscv64"]"#),
        ],
    },
];

fn in_catalog(stack: &Stack) -> Vec<Finding> {
    let mut deployed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, function) in stack.all(FUNCTION) {
        deployed.entry(function["Handler"].as_str().unwrap_or_default()).or_default().push(id);
    }
    let known: BTreeSet<&str> =
        scrip_catalog::operations().into_iter().map(|operation| operation.name).collect();
    let missing = known.iter().filter(|name| !deployed.contains_key(*name));
    let missing = missing.map(|name| finding("Resources", format!("no function has the handler {name}")));
    let unknown = deployed.iter().filter(|(name, _)| !known.contains(*name));
    let unknown = unknown.map(|(name, ids)| finding(ids.join(", "), format!("the catalog has no {name:?}")));
    let twice = deployed.iter().filter(|(_, ids)| ids.len() > 1);
    let twice = twice.map(|(name, ids)| finding(ids.join(", "), format!("all have the handler {name}")));
    missing.chain(unknown).chain(twice).collect()
}

fn has_its_trigger(stack: &Stack) -> Vec<Finding> {
    let mut triggers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut add = |function, trigger: &str| {
        triggers.entry(function).or_default().insert(trigger.to_owned());
    };
    for event in stack.events() {
        let trigger = match event.kind {
            STREAM_EVENT => "Stream",
            QUEUE_EVENT => "Queue",
            other => other,
        };
        add(event.function, trigger);
    }
    for route in stack.routes() {
        add(route.function, "Http");
    }
    for (_, machine) in stack.all(MACHINE) {
        entries(&machine["DefinitionSubstitutions"])
            .filter_map(|(_, function)| target(function))
            .for_each(|function| add(function, "Task"));
    }
    for (_, api) in stack.all(API) {
        entries(&api["Auth"]["Authorizers"])
            .filter_map(|(_, authorizer)| target(&authorizer["FunctionArn"]))
            .for_each(|function| add(function, "Authorizer"));
    }
    let expected: BTreeMap<&str, Trigger> = scrip_catalog::operations()
        .into_iter()
        .map(|operation| (operation.name, operation.trigger))
        .collect();
    let wrong = |(id, function): (&str, &Value)| {
        let expected = format!("{:?}", expected.get(function["Handler"].as_str()?)?);
        let found = triggers.remove(id).unwrap_or_default();
        (found != BTreeSet::from([expected.clone()]))
            .then(|| finding(id, format!("it is invoked by {found:?}, and the catalog says {expected}")))
    };
    stack.all(FUNCTION).filter_map(wrong).collect()
}

fn logs_retained(stack: &Stack) -> Vec<Finding> {
    let groups = stack.names(LOG_GROUP);
    stack.each(FUNCTION, "it does not write JSON into a log group of this template", |function| {
        let logging = &function["LoggingConfig"];
        logging["LogFormat"] == "JSON"
            && target(&logging["LogGroup"]).is_some_and(|group| groups.contains(group))
    })
}

fn of_the_artifact(stack: &Stack) -> Vec<Finding> {
    stack.each(FUNCTION, "its Runtime, CodeUri or Architectures is of another artifact", |function| {
        function["Runtime"] == "provided.al2023"
            && function["CodeUri"] == "../target/lambda/bootstrap/"
            && texts(&function["Architectures"]) == ["Ref", "Architecture"]
    })
}
