//! What names in a template stand for: parameters, conditions, mappings, resources and AWS's own names.

use crate::error::Place;
use crate::identity::{ACCOUNT, Identity, Kind, PARTITION, REGION};
use crate::sections::{ParameterDeclaration, Sections};
use crate::{Parameters, TemplateError};
use serde_json::Value;
use std::collections::BTreeMap;

/// What names stand for.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    stack_name: String,
    parameters: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
    pub(crate) mappings: Value,
    identities: BTreeMap<String, Identity>,
}

impl Scope {
    pub(crate) fn new(sections: &Sections, parameters: &Parameters) -> Result<Self, TemplateError> {
        let mut scope = Self {
            stack_name: parameters.stack_name.clone(),
            parameters: values(&sections.parameters, &parameters.overrides)?,
            mappings: sections.mappings.clone(),
            ..Self::default()
        };
        for (name, expression) in in_order(&sections.conditions)? {
            let holds = scope.holds(expression, &Place::new("Conditions").at(name))?;
            scope.conditions.insert(name.clone(), holds);
        }
        for (logical_id, resource) in &sections.resources {
            let place = Place::new(logical_id);
            let kind = Kind::of(&resource.kind).ok_or_else(|| {
                place.at("Type").refuse(format!("the embedded platform has no {}", resource.kind))
            })?;
            let exists = resource
                .condition
                .as_ref()
                .map_or(Ok(true), |name| scope.condition(name, &place.at("Condition")))?;
            if exists {
                let identity = Identity::new(logical_id, kind, resource, &scope, parameters)?;
                scope.identities.insert(logical_id.clone(), identity);
            }
        }
        Ok(scope)
    }

    /// Every resource whose condition holds, in the order of logical ids.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.identities.values()
    }

    /// The name of the one resource of that kind which the text refers to.
    pub(crate) fn name_of(
        &self,
        kind: Kind,
        text: &str,
        names: impl Fn(&Identity) -> Option<String>,
        place: &Place,
    ) -> Result<String, TemplateError> {
        let found = self
            .identities()
            .find(|identity| identity.kind == kind && names(identity).as_deref() == Some(text));
        let missing = || place.refuse(format!("{text} is not of a {kind:?} of this template"));
        found.map(|identity| identity.name.clone()).ok_or_else(missing)
    }

    pub(crate) fn condition(&self, name: &str, place: &Place) -> Result<bool, TemplateError> {
        self.conditions
            .get(name)
            .copied()
            .ok_or_else(|| place.refuse(format!("there is no condition {name}")))
    }

    /// What `Ref` gives.
    pub(crate) fn reference(&self, name: &str, place: &Place) -> Result<Value, TemplateError> {
        match name {
            "AWS::Region" => Ok(Value::from(REGION)),
            "AWS::AccountId" => Ok(Value::from(ACCOUNT)),
            "AWS::Partition" => Ok(Value::from(PARTITION)),
            "AWS::URLSuffix" => Ok(Value::from("amazonaws.com")),
            "AWS::StackName" => Ok(Value::from(self.stack_name.as_str())),
            _ => {
                let resource =
                    || self.identities.get(name).map(|identity| Value::from(identity.reference.as_str()));
                let found = self.parameters.get(name).cloned().or_else(resource);
                found.ok_or_else(|| place.refuse(format!("there is no parameter or resource {name}")))
            }
        }
    }

    /// What `Fn::GetAtt` gives.
    pub(crate) fn attribute(
        &self,
        resource: &str,
        attribute: &str,
        place: &Place,
    ) -> Result<Value, TemplateError> {
        let identity = self
            .identities
            .get(resource)
            .ok_or_else(|| place.refuse(format!("there is no resource {resource}")))?;
        let missing = || place.refuse(format!("{resource} has no attribute {attribute} here"));
        identity.attribute(attribute).map(Value::from).ok_or_else(missing)
    }
}

fn values(
    declared: &BTreeMap<String, ParameterDeclaration>,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    if let Some(name) = overrides.keys().find(|name| !declared.contains_key(*name)) {
        return Err(Place::new(name).refuse("the template has no such parameter"));
    }
    let value = |(name, parameter): (&String, &ParameterDeclaration)| {
        let place = Place::new(name);
        let given = overrides.get(name).cloned().or_else(|| parameter.default.as_ref().map(text_of));
        let text = given.ok_or_else(|| place.refuse("the parameter has no default and is not given"))?;
        if !parameter.allowed_values.is_empty()
            && !parameter.allowed_values.iter().any(|value| text_of(value) == text)
        {
            return Err(place.at("AllowedValues").refuse(format!("{text} is not among them")));
        }
        match parameter.kind.as_str() {
            "String" => Ok((name.clone(), Value::String(text))),
            "Number" if text.parse::<f64>().is_ok() => Ok((name.clone(), Value::String(text))),
            "Number" => Err(place.refuse(format!("{text} is not a number"))),
            "CommaDelimitedList" => {
                Ok((name.clone(), text.split(',').map(|item| Value::from(item.trim())).collect()))
            }
            other => Err(place.at("Type").refuse(format!("a parameter of type {other} is not known here"))),
        }
    };
    declared.iter().map(value).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Conditions such that each stands after those it names.
fn in_order(conditions: &BTreeMap<String, Value>) -> Result<Vec<(&String, &Value)>, TemplateError> {
    let mut waiting: Vec<_> = conditions.iter().collect();
    let mut ordered: Vec<(&String, &Value)> = Vec::new();
    while !waiting.is_empty() {
        let (later, ready): (Vec<_>, Vec<_>) = waiting
            .iter()
            .partition(|(_, expression)| waiting.iter().any(|(other, _)| names_condition(expression, other)));
        if let (Some((name, _)), true) = (later.first(), ready.is_empty()) {
            return Err(Place::new("Conditions").at(name).refuse("the condition depends on itself"));
        }
        ordered.extend(ready);
        waiting = later;
    }
    Ok(ordered)
}

fn names_condition(expression: &Value, condition: &str) -> bool {
    match expression {
        Value::Object(map) => map.iter().any(|(key, value)| {
            (key == "Condition" && value == condition) || names_condition(value, condition)
        }),
        Value::Array(items) => items.iter().any(|item| names_condition(item, condition)),
        _ => false,
    }
}
