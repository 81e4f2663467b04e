//! `AWS::Serverless::StateMachine`, whose definition stands in a file of its own.

use super::Reader;
use super::permission::{Policy, permissions};
use crate::TemplateError;
use crate::identity::Identity;
use crate::model::{MachineKind, MachineSpec};
use crate::sections::texts;
use serde::Deserialize;
use std::collections::BTreeMap;

const IRRELEVANT: &[&str] = &["Logging", "Tags", "Tracing"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Machine {
    #[serde(rename = "Name")]
    _name: Option<String>,
    #[serde(rename = "Type", default)]
    kind: MachineKind,
    definition_uri: String,
    #[serde(default, deserialize_with = "texts")]
    definition_substitutions: BTreeMap<String, String>,
    #[serde(default)]
    policies: Vec<Policy>,
}

impl Reader {
    pub(super) fn read_machine(&mut self, identity: &Identity) -> Result<(), TemplateError> {
        let machine: Machine = self.properties(identity, IRRELEVANT)?;
        self.application.machines.push(MachineSpec {
            logical_id: identity.logical_id.clone(),
            name: identity.name.clone(),
            arn: identity.arn.clone(),
            kind: machine.kind,
            definition_path: machine.definition_uri,
            substitutions: machine.definition_substitutions,
            permissions: permissions(machine.policies),
        });
        Ok(())
    }
}
