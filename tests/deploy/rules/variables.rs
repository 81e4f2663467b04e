//! Environment variables: a function is told of what its role allows, and of nothing else that it could misuse. What
//! roles allow on tables is held to what operations do, in `tests/budgets`.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::rules::permissions::{resources, statements};
use crate::deploy::stack::{
    FUNCTION, MACHINE, QUEUE, SECRET, STREAM_EVENT, Stack, TABLE, entries, items, kebab, target, texts,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "variable-for-each-permission",
        reason: "A function finds a secret, machine or queue by its variable, so whoever has only one of both is wired wrongly.",
        check: for_each_permission,
        broken_by: &[
            Edit::Remove("template/Resources/SetPin/Properties/Environment/Variables/MASTER_SECRET_ARN"),
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/MASTER_SECRET_ARN",
                r#"{"Ref": "MasterSecret"}"#,
            ),
            Edit::Remove("template/Resources/StartDue/Properties/Environment/Variables/MACHINE_BILL_EXPIRY"),
            Edit::Remove("template/Resources/StartWorkflows/Properties/Policies/0/Statement/0"),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0",
                r#"{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [{"Fn::GetAtt": ["StreamFailures", "Arn"]}]}"#,
            ),
        ],
    },
    Rule {
        id: "variable-for-each-table",
        reason: "A table that a role allows is named by a variable.",
        check: for_each_table,
        broken_by: &[Edit::Remove(
            "template/Resources/Transfer/Properties/Environment/Variables/LEDGER_TABLE",
        )],
    },
    Rule {
        id: "variable-named-after-it",
        reason: "An item names a machine, and the function that starts it makes the variable's name of that; others are found alike.",
        check: named,
        broken_by: &[
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Environment/Variables",
                r#"{"MACHINE_EXPIRY": {"Ref": "BillExpiry"}}"#,
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Environment/Variables/MACHINE_OTHER",
                r#"{"Ref": "LedgerTable"}"#,
            ),
            Edit::Set(
                "template/Resources/CreatePosBatch/Properties/Environment/Variables/POS_BATCHES_QUEUE",
                r#"{"Ref": "PosBatchesFailed"}"#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/LEDGER_TABLE",
                r#"{"Ref": "BillsTable"}"#,
            ),
            Edit::Set(
                "template/Resources/SetPin/Properties/Environment/Variables/SECRET",
                r#"{"Ref": "MasterSecret"}"#,
            ),
        ],
    },
    Rule {
        id: "stream-filter-names-machines",
        reason: "A filter that is wrong drops records in silence, and no workflow starts.",
        check: filter_names_machines,
        broken_by: &[
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/FilterCriteria/Filters/0/Pattern",
                r#""{\"eventName\":[\"INSERT\"],\"dynamodb\":{\"NewImage\":{\"workflow\":{\"M\":{\"machine\":{\"S\":[\"bill-expire\"]}}}}}}""#,
            ),
            Edit::Set(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/FilterCriteria/Filters/0/Pattern",
                r#""{eventName:[INSERT]}""#,
            ),
            Edit::Remove(
                "template/Resources/StartWorkflows/Properties/Events/Coupons/Properties/FilterCriteria",
            ),
        ],
    },
];

fn variables(function: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(&function["Environment"]["Variables"])
}

/// The resources that the variables refer to, but for tables, which all functions know.
fn told<'a>(stack: &'a Stack, function: &'a Value) -> BTreeSet<&'a str> {
    let resources = variables(function).filter_map(|(_, value)| target(value));
    resources.filter(|id| !stack.kind(id).is_empty() && stack.kind(id) != TABLE).collect()
}

fn allowed<'a>(stack: &'a Stack, function: &'a Value, of_kind: impl Fn(&str) -> bool) -> BTreeSet<&'a str> {
    let all = statements(&function["Policies"]).into_iter().flat_map(resources).filter_map(target);
    all.filter(|id| of_kind(stack.kind(id))).collect()
}

fn for_each_permission(stack: &Stack) -> Vec<Finding> {
    let wrong = |(id, function)| {
        let (told, allowed) = (told(stack, function), allowed(stack, function, |kind| kind != TABLE));
        (told != allowed)
            .then(|| finding(id, format!("its variables name {told:?} and its role allows {allowed:?}")))
    };
    stack.all(FUNCTION).filter_map(wrong).collect()
}

fn for_each_table(stack: &Stack) -> Vec<Finding> {
    let wrong = |(id, function)| {
        let known: BTreeSet<&str> = variables(function).filter_map(|(_, value)| target(value)).collect();
        let unknown: Vec<_> =
            allowed(stack, function, |kind| kind == TABLE).difference(&known).copied().collect();
        (!unknown.is_empty()).then(|| finding(id, format!("no variable names {unknown:?}")))
    };
    stack.all(FUNCTION).filter_map(wrong).collect()
}

fn named(stack: &Stack) -> Vec<Finding> {
    let expected = |id: &str| {
        let name = kebab(id).replace('-', "_").to_uppercase();
        match stack.kind(id) {
            MACHINE => Some(format!("MACHINE_{name}")),
            QUEUE => Some(format!("{name}_QUEUE")),
            SECRET => Some(format!("{name}_ARN")),
            TABLE => Some(name),
            _ => None,
        }
    };
    let is_such =
        |name: &str| name.starts_with("MACHINE_") || name.ends_with("_QUEUE") || name.ends_with("_TABLE");
    let mut found = Vec::new();
    for (id, function) in stack.all(FUNCTION) {
        for (name, value) in variables(function) {
            let expected = target(value).and_then(expected);
            if expected.as_deref() != (expected.is_some() || is_such(name)).then_some(name) {
                found.push(finding(id, format!("{name} holds {value}")));
            }
        }
    }
    found
}

/// Each stream's filter wants machines that the function starts, and all streams together all of them.
fn filter_names_machines(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for event in stack.events().into_iter().filter(|event| event.kind == STREAM_EVENT) {
        let named = machines_of(event.properties);
        if named.is_empty() {
            found.push(finding(event.function, format!("the filter of {} names no machine", event.name)));
        }
        wanted.entry(event.function).or_default().extend(named);
    }
    for (function, named) in wanted {
        let told = told(stack, stack.properties(function));
        let machines: BTreeSet<String> =
            told.into_iter().filter(|id| stack.kind(id) == MACHINE).map(kebab).collect();
        if named != machines {
            let what = format!("its filters want {named:?}, and it starts {machines:?}");
            found.push(finding(function, what));
        }
    }
    found
}

/// The machines that a stream's filters name; none if one of them names none.
fn machines_of(stream: &Value) -> BTreeSet<String> {
    let named = items(&stream["FilterCriteria"]["Filters"]).map(|filter| {
        let pattern = filter["Pattern"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let pattern = pattern.unwrap_or_default();
        let machines = texts(&pattern["dynamodb"]["NewImage"]["workflow"]["M"]["machine"]["S"]);
        machines.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    });
    let named: Vec<_> = named.collect();
    if named.iter().any(BTreeSet::is_empty) { BTreeSet::new() } else { named.into_iter().flatten().collect() }
}
