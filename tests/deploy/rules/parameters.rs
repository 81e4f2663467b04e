//! Parameters: described, documented, and given where they must be.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{Stack, entries, items, texts};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The environments that `samconfig.toml` deploys.
const ENVIRONMENTS: &[&str] = &["dev", "prod"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "parameter-described",
        reason: "Whoever deploys is asked for each parameter and sees nothing but its description.",
        check: |stack| {
            let is_text =
                |value: &Value| value.as_str().is_some_and(|text| text.ends_with('.') && text.len() > 10);
            let wrong = entries(&stack.template()["Parameters"])
                .filter(|(_, parameter)| !is_text(&parameter["Description"]));
            wrong.map(|(name, _)| finding(name, "it has no Description that is a sentence")).collect()
        },
        broken_by: &[
            Edit::Remove("template/Parameters/AlarmTopicArn/Description"),
            Edit::Set("template/Parameters/Later", r#"{"Type": "String", "Default": ""}"#),
        ],
    },
    Rule {
        id: "parameter-in-readme",
        reason: "The README's table says what to give.",
        check: in_readme,
        broken_by: &[Edit::Remove("readme/0"), Edit::Remove("template/Parameters/LogRetentionDays")],
    },
    Rule {
        id: "samconfig-overrides-parameters",
        reason: "An override of what is no parameter, or one that is missing, ends the deployment half way.",
        check: overrides_parameters,
        broken_by: &[
            Edit::Remove("samconfig/prod/deploy/parameters/parameter_overrides/1"),
            Edit::Set("samconfig/dev/deploy/parameters/parameter_overrides/0", r#""Environments=dev""#),
            Edit::Set("samconfig/dev/deploy/parameters/parameter_overrides/3", r#""LogRetentionDays=15""#),
            Edit::Set("samconfig/dev/deploy/parameters/parameter_overrides/3", r#""Environment=prod""#),
            Edit::Remove("samconfig/prod"),
            Edit::Set("template/Parameters/Later", r#"{"Type": "String", "Description": "Later."}"#),
        ],
    },
    Rule {
        id: "samconfig-deploys-the-template",
        reason: "Both environments are this template under names of their own.",
        check: deploys_the_template,
        broken_by: &[
            Edit::Set("samconfig/dev/deploy/parameters/template_file", r#""template.yaml""#),
            Edit::Set("samconfig/dev/deploy/parameters/stack_name", r#""scrip-prod""#),
            Edit::Set("samconfig/prod/deploy/parameters/capabilities", r#""CAPABILITY_IAM""#),
        ],
    },
    Rule {
        id: "production-is-careful",
        reason: "In production tables are protected, logs last a year, and somebody looks at each change.",
        check: production_is_careful,
        broken_by: &[
            Edit::Set(
                "samconfig/prod/deploy/parameters/parameter_overrides/4",
                r#""DeletionProtection=false""#,
            ),
            Edit::Set("samconfig/prod/deploy/parameters/parameter_overrides/3", r#""LogRetentionDays=7""#),
            Edit::Set("samconfig/prod/deploy/parameters/confirm_changeset", "false"),
        ],
    },
];

fn names(stack: &Stack) -> BTreeSet<&str> {
    entries(&stack.template()["Parameters"]).map(|(name, _)| name).collect()
}

fn in_readme(stack: &Stack) -> Vec<Finding> {
    let told: BTreeSet<&str> = texts(stack.section("readme")).into_iter().collect();
    let known = names(stack);
    let untold = known.difference(&told).map(|name| finding(*name, "it is not in the README's table"));
    untold
        .chain(told.difference(&known).map(|name| finding(*name, "the README tells of it and there is none")))
        .collect()
}

fn deployment<'a>(stack: &'a Stack, environment: &str) -> &'a Value {
    &stack.section("samconfig")[environment]["deploy"]["parameters"]
}

fn overrides<'a>(stack: &'a Stack, environment: &str) -> Vec<(&'a str, &'a str)> {
    let given = items(&deployment(stack, environment)["parameter_overrides"]);
    given.map(|given| given.as_str().and_then(|text| text.split_once('=')).unwrap_or_default()).collect()
}

fn overrides_parameters(stack: &Stack) -> Vec<Finding> {
    let parameters = &stack.template()["Parameters"];
    let mut found = Vec::new();
    for environment in ENVIRONMENTS {
        let given = overrides(stack, environment);
        let by_name: BTreeMap<&str, &str> = given.iter().copied().collect();
        let mut wrong = |what: String| found.push(finding(format!("samconfig {environment}"), what));
        if by_name.len() < given.len() {
            wrong("a parameter is given twice".to_owned());
        }
        for (name, value) in &by_name {
            let mut allowed = items(&parameters[*name]["AllowedValues"]).peekable();
            let is_allowed =
                |one: &Value| one.as_str().map_or_else(|| one.to_string(), str::to_owned) == **value;
            if parameters[*name].is_null() {
                wrong(format!("{name} is no parameter"));
            } else if allowed.peek().is_some() && !allowed.any(is_allowed) {
                wrong(format!("{name} can't be {value}"));
            }
        }
        let required = entries(parameters).filter(|(_, parameter)| parameter["Default"].is_null());
        required
            .filter(|(name, _)| !by_name.contains_key(name))
            .for_each(|(name, _)| wrong(format!("{name} is missing")));
        if by_name.get("Environment") != Some(environment) {
            wrong("its Environment is another".to_owned());
        }
    }
    found
}

fn deploys_the_template(stack: &Stack) -> Vec<Finding> {
    let is_right = |environment: &&&str| {
        let deployment = deployment(stack, environment);
        deployment["template_file"] == "infra/template.yaml"
            && deployment["stack_name"] == format!("scrip-{environment}")
            && deployment["capabilities"] == "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
    };
    let what = "it is not the template under the environment's name, with CAPABILITY_IAM, and CAPABILITY_AUTO_EXPAND for nested stacks";
    let wrong = ENVIRONMENTS.iter().filter(|environment| !is_right(environment));
    wrong.map(|environment| finding(format!("samconfig {environment}"), what)).collect()
}

fn production_is_careful(stack: &Stack) -> Vec<Finding> {
    let overrides: BTreeMap<&str, &str> = overrides(stack, "prod").into_iter().collect();
    let days = overrides.get("LogRetentionDays").and_then(|days| days.parse::<u64>().ok());
    let is_careful = overrides.get("DeletionProtection").is_none_or(|protection| *protection == "true")
        && days.is_some_and(|days| days >= 365)
        && deployment(stack, "prod")["confirm_changeset"] == true;
    let what = "DeletionProtection, LogRetentionDays or confirm_changeset is careless";
    (!is_careful).then(|| finding("samconfig prod", what)).into_iter().collect()
}
