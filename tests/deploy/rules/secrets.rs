//! Secrets: they are made by Secrets Manager and read by those who may, and stand nowhere else.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{FUNCTION, SECRET, Stack, entries, kebab, target, texts};

/// Words of a parameter's name that smell of a secret.
const SECRET_WORDS: &[&str] = &[
    "credential",
    "credentials",
    "key",
    "passphrase",
    "password",
    "pepper",
    "pin",
    "salt",
    "secret",
    "secrets",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "no-secret-parameters",
        reason: "A parameter's value is shown in the console, in change sets and in shell histories.",
        check: no_secret_parameters,
        broken_by: &[
            Edit::Set("template/Parameters/MasterKey", r#"{"Type": "String", "Description": "The key."}"#),
            Edit::Set("template/Parameters/TokenAudience/NoEcho", "true"),
        ],
    },
    Rule {
        id: "no-literals-in-environment",
        reason: "A literal among the variables is a secret in the open, or a setting that no parameter changes.",
        check: no_literals,
        broken_by: &[
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/PEPPER",
                r#""c2FsdCBhbmQgcGVwcGVy""#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Environment/Variables/LEDGER_TABLE",
                r#"{"Fn::Sub": "ledger"}"#,
            ),
        ],
    },
    Rule {
        id: "secret-generated",
        reason: "A secret that nobody has written down can't be found where it was written.",
        check: |stack| {
            stack.each(SECRET, "it is not made by Secrets Manager", |secret| {
                secret["GenerateSecretString"].is_object() && secret["SecretString"].is_null()
            })
        },
        broken_by: &[
            Edit::Set("template/Resources/MasterSecret/Properties/SecretString", r#""correct horse""#),
            Edit::Remove("template/Resources/MasterSecret/Properties/GenerateSecretString"),
        ],
    },
    Rule {
        id: "secret-not-resolved",
        reason: "A dynamic reference copies the secret to wherever it stands.",
        check: |stack| {
            let resolves = |text: &&str| text.contains("{{resolve:");
            let all = stack.resources().filter(|(_, resource)| texts(resource).iter().any(resolves));
            all.map(|(id, _)| finding(id, "it has a dynamic reference")).collect()
        },
        broken_by: &[Edit::Set(
            "template/Resources/Transfer/Properties/Environment/Variables/TOKEN_ISSUER",
            r#"{"Fn::Sub": "{{resolve:secretsmanager:${MasterSecret}}}"}"#,
        )],
    },
];

fn no_secret_parameters(stack: &Stack) -> Vec<Finding> {
    let smells = |name: &str| kebab(name).split('-').any(|word| SECRET_WORDS.contains(&word));
    let parameters = entries(&stack.template()["Parameters"]);
    let wrong = parameters.filter(|(name, parameter)| smells(name) || !parameter["NoEcho"].is_null());
    wrong.map(|(name, _)| finding(name, "its name or NoEcho says that it is a secret")).collect()
}

fn no_literals(stack: &Stack) -> Vec<Finding> {
    let known = |name: &str| !stack.kind(name).is_empty() || !stack.template()["Parameters"][name].is_null();
    let literals = |(id, function)| {
        let variables = entries(&(function as &serde_json::Value)["Environment"]["Variables"]);
        let literals = variables.filter(|(_, value)| !target(value).is_some_and(known));
        literals.map(move |(name, _)| finding(id, format!("{name} refers to no parameter or resource")))
    };
    stack.all(FUNCTION).flat_map(literals).collect()
}
