//! The template as a whole.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{API, FUNCTION, MACHINE, Stack, texts};

/// Quotas of a template in S3 and of a stack:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
const TEMPLATE_MAX_BYTES: u64 = 1_000_000;
const RESOURCES_MAX: usize = 500;
/// What would tie the template to a machine or to an emulator.
const ELSEWHERE: &[&str] =
    &["127.0.0.1", "0.0.0.0", "localhost", "localstack", "host.docker", "endpoint_url", "http://"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "no-emulator",
        reason: "What is tested is the template that AWS gets, and it knows no other place.",
        check: no_emulator,
        broken_by: &[
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/AWS_ENDPOINT_URL",
                r#"{"Ref": "TokenIssuer"}"#,
            ),
            Edit::Set("template/Parameters/TokenIssuer/Default", r#""http://issuer.example""#),
            Edit::Set(
                "template/Conditions/OnLocalStack",
                r#"{"Fn::Equals": [{"Ref": "Environment"}, "local"]}"#,
            ),
            Edit::Set("template/Outputs/ApiUrl/Value", r#""https://localhost:4566/v1""#),
        ],
    },
    Rule {
        id: "template-below-quotas",
        reason: "CloudFormation refuses a template of more than 1 MB or 500 resources.",
        check: below_quotas,
        broken_by: &[
            Edit::Set("template_bytes", "1000001"),
            Edit::Repeat("template/Resources/Transfer", 150),
        ],
    },
];

fn no_emulator(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for text in texts(stack.template()) {
        let small = text.to_lowercase();
        let names = ELSEWHERE.iter().filter(|name| small.contains(**name));
        found.extend(names.map(|name| finding(text, format!("it names {name}"))));
    }
    found
}

/// SAM makes a role of each function and machine, a permission of each route and authorizer, a mapping of each other
/// event, and a deployment and a stage of an API.
fn below_quotas(stack: &Stack) -> Vec<Finding> {
    let with_roles = stack.all(FUNCTION).chain(stack.all(MACHINE)).count();
    let resources =
        stack.resources().count() + with_roles + stack.events().len() + 3 * stack.all(API).count();
    let bytes = stack.section("template_bytes").as_u64().unwrap_or(u64::MAX);
    let is_over = resources > RESOURCES_MAX || bytes > TEMPLATE_MAX_BYTES;
    is_over
        .then(|| finding("Resources", format!("{resources} resources, {bytes} bytes")))
        .into_iter()
        .collect()
}
