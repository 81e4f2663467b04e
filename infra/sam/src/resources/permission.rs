//! The statements of a role. SAM's policy templates and managed policies are not known here: what a function may do
//! stands in the template, action by action.

use crate::model::Permission;
use serde::Deserialize;

/// A policy in a list of `Policies`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Policy {
    statement: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    #[serde(rename = "Effect")]
    _effect: Allow,
    action: OneOrMany,
    resource: OneOrMany,
}

#[derive(Debug, Deserialize)]
enum Allow {
    Allow,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(value: OneOrMany) -> Self {
        match value {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

pub(super) fn permissions(policies: Vec<Policy>) -> Vec<Permission> {
    let statements = policies.into_iter().flat_map(|policy| policy.statement);
    statements
        .map(|statement| Permission {
            actions: statement.action.into(),
            resources: statement.resource.into(),
        })
        .collect()
}
