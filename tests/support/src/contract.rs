//! The API's own description, against which every answer is held, whatever suite asked for it.

use crate::Answer;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The `OpenAPI` document.
#[derive(Clone, Debug)]
pub struct Contract(Value);

/// Words of JSON Schema that say nothing about what is valid, and `pattern`, which is tested beside what it describes.
const ANNOTATIONS: [&str; 7] =
    ["default", "description", "examples", "format", "pattern", "title", "$comment"];

impl Contract {
    /// A document as `GET /openapi.json` gives it.
    pub fn new(document: Value) -> Self {
        Self(document)
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// The operation of a method and path, as it is described. The path stands with its stage and without query.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next()?.strip_prefix("/v1")?;
        let segments: Vec<&str> = path.split('/').collect();
        let paths = self.0["paths"].as_object()?;
        let (_, methods) = paths.iter().find(|(template, _)| {
            let template: Vec<&str> = template.split('/').collect();
            let same = |(expected, is): (&&str, &&str)| {
                expected == is || (expected.starts_with('{') && !is.is_empty())
            };
            template.len() == segments.len() && template.iter().zip(&segments).all(same)
        })?;
        methods.get(method.to_ascii_lowercase())
    }

    /// The schema of an operation's request.
    pub fn request(&self, operation: &str) -> Option<&Value> {
        let methods =
            self.0["paths"].as_object()?.values().filter_map(Value::as_object).flat_map(Map::values);
        let described = methods.into_iter().find(|described| described["operationId"] == operation)?;
        Some(self.resolved(described.pointer("/requestBody/content/application~1json/schema")?))
    }

    /// A schema, or what it refers to.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(place) => {
                self.0.pointer(place.trim_start_matches('#')).expect("a reference leads somewhere")
            }
            None => schema,
        }
    }

    /// What is wrong with an answer of this operation.
    pub fn faults(&self, operation: &Value, answer: &Answer) -> Vec<String> {
        let Some(response) = operation["responses"].get(answer.status.to_string()) else {
            return vec![format!("status {} is not described", answer.status)];
        };
        let content_type = answer.headers.get("content-type").map_or("", String::as_str);
        let Some((described, content)) =
            response["content"].as_object().and_then(|types| types.iter().next())
        else {
            return if answer.body.is_null() {
                Vec::new()
            } else {
                vec!["a body is not described".to_owned()]
            };
        };
        // What any file may be, only that file knows.
        if content_type != described && described != "*/*" {
            return vec![format!("content-type is {content_type} and not {described}")];
        }
        let mut faults = Vec::new();
        let is_problem = answer.status >= 400;
        self.check(&content["schema"], &answer.body, "", is_problem, &mut faults);
        faults
    }

    /// Holds a value against a schema. `is_open` lets members pass that are not described.
    pub fn check(&self, schema: &Value, value: &Value, at: &str, is_open: bool, faults: &mut Vec<String>) {
        let Some(words) = schema.as_object() else { return };
        let mut fault = |what: String| faults.push(format!("{at}: {what}"));
        let mut nested: Vec<(&Value, &Value, String)> = Vec::new();
        for (word, rule) in words {
            match word.as_str() {
                "$ref" => nested.push((self.resolved(schema), value, at.to_owned())),
                "allOf" => nested.extend(array(rule).iter().map(|rule| (rule, value, at.to_owned()))),
                "anyOf" | "oneOf" => {
                    let is_valid = |rule: &&Value| {
                        let mut faults = Vec::new();
                        self.check(rule, value, at, is_open, &mut faults);
                        faults.is_empty()
                    };
                    let valid = array(rule).iter().filter(is_valid).count();
                    if valid == 0 || (word == "oneOf" && valid > 1) {
                        fault(format!("{value} is valid under {valid} of {word}"));
                    }
                }
                "type" if !one_or_many(rule).iter().any(|name| is_of_type(value, name)) => {
                    fault(format!("{value} is not {rule}"));
                }
                "const" if value != rule => fault(format!("{value} is not {rule}")),
                "enum" if !array(rule).contains(value) => fault(format!("{value} is not one of {rule}")),
                "uniqueItems"
                    if array(value).iter().enumerate().any(|(at, one)| array(value)[..at].contains(one)) =>
                {
                    fault(format!("{value} has something twice"));
                }
                "minimum" if value.as_i64().is_some_and(|value| Some(value) < rule.as_i64()) => {
                    fault(format!("{value} is below {rule}"));
                }
                "required" => {
                    let missing =
                        array(rule).iter().filter_map(Value::as_str).filter(|name| value.get(name).is_none());
                    missing.for_each(|name| fault(format!("{name} is missing")));
                }
                "items" => nested.extend(
                    array(value)
                        .iter()
                        .enumerate()
                        .map(|(index, element)| (rule, element, format!("{at}/{index}"))),
                ),
                "properties" => {
                    let members = value.as_object().into_iter().flatten();
                    let is_open = is_open || schema["additionalProperties"] == true;
                    for (name, member) in members {
                        match rule.get(name) {
                            Some(rule) => nested.push((rule, member, format!("{at}/{name}"))),
                            None if is_open => {}
                            None => fault(format!("{name} is not described")),
                        }
                    }
                }
                "type" | "const" | "enum" | "minimum" | "uniqueItems" | "additionalProperties" => {}
                word if ANNOTATIONS.contains(&word) => {}
                word => fault(format!("this test does not know the word {word}")),
            }
        }
        for (schema, value, at) in nested {
            self.check(schema, value, &at, is_open, faults);
        }
    }

    /// The ids of all operations.
    pub fn operations(&self) -> BTreeSet<String> {
        let methods = self.0["paths"].as_object().into_iter().flat_map(Map::values);
        let described = methods.filter_map(Value::as_object).flat_map(Map::values);
        described.filter_map(|described| described["operationId"].as_str().map(str::to_owned)).collect()
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn one_or_many(rule: &Value) -> Vec<&str> {
    match rule {
        Value::String(name) => vec![name],
        names => array(names).iter().filter_map(Value::as_str).collect(),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(schema: &Value, value: &Value) -> Vec<String> {
        let contract = Contract::new(json!({ "components": { "a": { "type": "integer", "minimum": 1 } } }));
        let mut faults = Vec::new();
        contract.check(schema, value, "", false, &mut faults);
        faults
    }

    #[test]
    fn what_is_not_as_described_is_found() {
        let schema = json!({
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": { "$ref": "#/components/a" },
                "b": { "anyOf": [{ "type": "array", "items": { "enum": ["x"] } }, { "type": "null" }] },
            },
        });
        for good in [json!({ "a": 1 }), json!({ "a": 2, "b": null }), json!({ "a": 3, "b": ["x"] })] {
            assert!(faults(&schema, &good).is_empty(), "{good}");
        }
        for bad in [json!([]), json!({}), json!({ "a": 0 }), json!({ "a": "1" }), json!({ "a": 1.5 })] {
            assert!(!faults(&schema, &bad).is_empty(), "{bad}");
        }
        for bad in [json!({ "a": 1, "c": 1 }), json!({ "a": 1, "b": ["y"] }), json!({ "a": 1, "b": {} })] {
            assert!(!faults(&schema, &bad).is_empty(), "{bad}");
        }
        assert!(faults(&json!({ "uniqueItems": true }), &json!([1, 2])).is_empty());
        assert!(!faults(&json!({ "uniqueItems": true }), &json!([1, 2, 1])).is_empty());
        assert!(!faults(&json!({ "multipleOf": 2 }), &json!(4)).is_empty());
    }

    #[test]
    fn paths_lead_to_their_operation() {
        let contract =
            Contract::new(json!({ "paths": { "/bills/{bill}": { "get": { "operationId": "get-bill" } } } }));
        assert_eq!(contract.operation("GET", "/v1/bills/bill_1?limit=1").unwrap()["operationId"], "get-bill");
        for (method, path) in
            [("PUT", "/v1/bills/bill_1"), ("GET", "/v1/bills"), ("GET", "/v1/bills/"), ("GET", "/bills/b")]
        {
            assert!(contract.operation(method, path).is_none(), "{method} {path}");
        }
    }
}
