//! The sections of a template, and what SAM's `Globals` add to its functions.

use crate::error::Place;
use crate::yaml::is_intrinsic;
use crate::{TemplateError, yaml};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A stack that another nests.
pub(crate) const STACK: &str = "AWS::CloudFormation::Stack";
/// Where these properties lead depends on the folder of the template that they stand in.
const PATHS: [&str; 2] = ["CodeUri", "DefinitionUri"];
const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// The template as it stands, intrinsics unresolved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Sections {
    #[serde(default)]
    transform: Value,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, ParameterDeclaration>,
    #[serde(default)]
    pub(crate) mappings: Value,
    #[serde(default)]
    pub(crate) conditions: BTreeMap<String, Value>,
    #[serde(default, rename = "Globals")]
    _globals: Globals,
    pub(crate) resources: BTreeMap<String, Resource>,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Output>,
}

/// Other constraints of a parameter, such as its pattern, are AWS's to check.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ParameterDeclaration {
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    pub(crate) default: Option<Value>,
    #[serde(default)]
    pub(crate) allowed_values: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Globals {
    #[serde(default, rename = "Function")]
    _function: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Resource {
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    pub(crate) condition: Option<String>,
    pub(crate) metadata: Option<Value>,
    #[serde(default)]
    pub(crate) properties: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) condition: Option<String>,
    pub(crate) value: Value,
}

impl Sections {
    pub(crate) fn read(document: Value) -> Result<Self, TemplateError> {
        let place = Place::new("Template");
        let irrelevant = &["AWSTemplateFormatVersion", "Description", "Metadata"];
        let sections: Self = typed(document, irrelevant, &place)?;
        if sections.transform != TRANSFORM {
            return Err(place.at("Transform").refuse(format!("it must be {TRANSFORM}")));
        }
        Ok(sections)
    }
}

/// The template in JSON, with what `Globals` says said at each function, and paths as from the root's folder.
pub(crate) fn document(text: &str, file: &str) -> Result<Value, TemplateError> {
    let mut document = yaml::parse(text, file)?;
    let global = document["Globals"]["Function"].as_object().cloned().unwrap_or_default();
    let resources = document.get_mut("Resources").and_then(Value::as_object_mut);
    for resource in resources.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        if resource.get("Type").is_some_and(|kind| kind == "AWS::Serverless::Function") {
            let own = resource.entry("Properties").or_insert_with(|| Map::new().into());
            *own = merge(global.clone().into(), own.take());
        }
        for property in PATHS {
            if let Some(Value::String(path)) =
                resource.get_mut("Properties").and_then(|own| own.get_mut(property))
            {
                *path = from_root(file, path);
            }
        }
    }
    Ok(document)
}

/// The path from the root's folder of what a template names by the path from its own.
fn from_root(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// SAM's rule: maps merge, lists follow on, anything else is replaced.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
fn merge(global: Value, own: Value) -> Value {
    match (global, own) {
        (Value::Object(global), Value::Object(own)) if !is_call(&global) && !is_call(&own) => {
            Value::Object(merge_maps(global, own))
        }
        (Value::Array(mut global), Value::Array(own)) => {
            global.extend(own);
            Value::Array(global)
        }
        (_, own) => own,
    }
}

fn merge_maps(mut global: Map<String, Value>, own: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in own {
        let merged = match global.remove(&key) {
            Some(global) => merge(global, value),
            None => value,
        };
        global.insert(key, merged);
    }
    global
}

fn is_call(map: &Map<String, Value>) -> bool {
    map.keys().any(|key| is_intrinsic(key))
}

/// The value as a type that knows all its fields, but for those that mean nothing to the platform.
pub(crate) fn typed<T: DeserializeOwned>(
    mut value: Value,
    irrelevant: &[&str],
    place: &Place,
) -> Result<T, TemplateError> {
    if let Value::Object(map) = &mut value {
        map.retain(|key, _| !irrelevant.contains(&key.as_str()));
    }
    serde_path_to_error::deserialize(value).map_err(|error| match error.path().iter().next() {
        Some(_) => place.at(error.path()).refuse(error.inner()),
        None => place.refuse(error.inner()),
    })
}

/// A number, which `CloudFormation` also takes as text.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    number
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("{value} is not a whole number in range")))
}

/// Texts, which `CloudFormation` also takes as numbers and truth values.
pub(crate) fn texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let entry = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
        other => Err(serde::de::Error::custom(format!("{name} is {other}, not a text"))),
    };
    BTreeMap::<String, Value>::deserialize(deserializer)?.into_iter().map(entry).collect()
}

/// A truth value, which `CloudFormation` also takes as text.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(truth) => Ok(truth),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
    }
}
