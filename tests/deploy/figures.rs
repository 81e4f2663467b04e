//! How large each stack is: what stands in its template by hand, and what `CloudFormation` gets after SAM.

use super::stack::{API, FUNCTION, MACHINE, SCHEDULE_EVENT, entries};
use scrip_sam::{Template, Templates};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) type Figures = BTreeMap<&'static str, usize>;

/// What no stack may pass. The first two are ours; the others are quotas of a template, of which `CloudFormation` also
/// allows 500 resources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
const LIMITS: &[(&str, usize)] = &[
    ("resources", 300),
    ("lines_by_hand", 800),
    ("bytes", 1_000_000),
    ("parameters", 200),
    ("outputs", 200),
];

/// The figures of each template, by its path.
pub(super) fn of(templates: &Templates) -> BTreeMap<&str, Figures> {
    let figures = |(path, text): (_, &str)| {
        let template = templates.json(path).unwrap_or_else(|error| panic!("{error}"));
        let figures = BTreeMap::from([
            ("resources", resources(&template)),
            ("functions", resources_of(&template, FUNCTION).count()),
            ("lines_by_hand", Template::by_hand(text).lines().count()),
            ("lines", text.lines().count()),
            ("bytes", text.len()),
            ("parameters", entries(&template["Parameters"]).count()),
            ("outputs", entries(&template["Outputs"]).count()),
        ]);
        (path, figures)
    };
    templates.iter().map(figures).collect()
}

/// What is above its limit.
pub(super) fn over(figures: &Value) -> Vec<String> {
    let is_over = |(name, limit): &&(&str, usize)| figures[*name].as_u64() > Some(*limit as u64);
    LIMITS
        .iter()
        .filter(is_over)
        .map(|(name, limit)| format!("it has {} {name}, and {limit} at most", figures[*name]))
        .collect()
}

/// The figures as lines that somebody reads.
pub(super) fn table(all: &BTreeMap<&str, Figures>) -> String {
    let names = ["functions", "resources", "lines_by_hand", "lines", "parameters", "outputs"];
    let mut lines = vec![format!("{:<40}{}", "", names.map(|name| format!("{name:>15}")).concat())];
    for (path, figures) in all {
        let cells = names.map(|name| format!("{:>15}", figures[name]));
        lines.push(format!("{path:<40}{}", cells.concat()));
    }
    lines.join("\n")
}

fn resources_of<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = entries(&template["Resources"]).map(|(_, resource)| resource);
    all.filter(move |resource| resource["Type"] == kind).map(|resource| &resource["Properties"])
}

/// The template's resources with those that SAM makes of them: a role for a function or machine that names none, a
/// mapping for each of a function's events, a rule and a permission for each of its schedules, and for an API a deployment, a stage, and a permission for each authorizer.
fn resources(template: &Value) -> usize {
    let own = entries(&template["Resources"]).count();
    let with_roles = [FUNCTION, MACHINE].into_iter().flat_map(|kind| resources_of(template, kind));
    let roles = with_roles.filter(|properties| properties["Role"].is_null()).count();
    let made_of = |event: &Value| if event["Type"] == SCHEDULE_EVENT { 2 } else { 1 };
    let events = resources_of(template, FUNCTION)
        .map(|function| entries(&function["Events"]).map(|(_, event)| made_of(event)).sum::<usize>());
    let apis = resources_of(template, API).map(|api| 2 + entries(&api["Auth"]["Authorizers"]).count());
    own + roles + events.sum::<usize>() + apis.sum::<usize>()
}

#[test]
fn what_sam_adds_is_counted() {
    let template = json!({ "Resources": {
        "Table": { "Type": "AWS::DynamoDB::Table" },
        "Given": { "Type": FUNCTION, "Properties": { "Role": "arn" } },
        "Polling": { "Type": FUNCTION, "Properties": { "Events": { "A": {}, "B": {} } } },
        "Timed": { "Type": FUNCTION, "Properties": { "Events": { "A": { "Type": "Schedule" } } } },
        "Machine": { "Type": MACHINE, "Properties": {} },
        "Api": { "Type": API, "Properties": { "Auth": { "Authorizers": { "Bearer": {} } } } },
    } });
    assert_eq!(resources(&template), 1 + 1 + 4 + 4 + 2 + 4);
}
