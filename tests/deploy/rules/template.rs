//! The templates as a whole.

use crate::deploy::figures::over;
use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{Stack, entries, texts};

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
        id: "stack-below-its-limits",
        reason: "A stack that comes near CloudFormation's quotas, and a file that nobody oversees, are divided before.",
        check: |stack| {
            let figures = entries(stack.section("figures"));
            figures
                .flat_map(|(path, figures)| over(figures).into_iter().map(move |what| finding(path, what)))
                .collect()
        },
        broken_by: &[
            Edit::Set("figures/capabilities~1bills.yaml/resources", "301"),
            Edit::Set("figures/template.yaml/lines_by_hand", "801"),
            Edit::Set("figures/template.yaml/bytes", "1000001"),
            Edit::Set("figures/dashboard.yaml/parameters", "201"),
            Edit::Set("figures/capabilities~1coupons.yaml/outputs", "201"),
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
