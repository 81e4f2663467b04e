//! The API's own description, against which every request and answer is held, whatever suite sends it.

mod closed;

use crate::Answer;
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::OnceLock;

/// What the document is known by among schemas.
const DOCUMENT: &str = "scrip:openapi";

/// The `OpenAPI` document, and what checks values against its schemas.
pub struct Contract {
    document: Value,
    registry: Registry<'static>,
    operations: HashMap<String, Described>,
}

/// What is described of an operation's request and answers.
struct Described {
    request: Option<Schema>,
    /// By status and media type; no media type where nothing is answered but the status.
    answers: HashMap<u16, Content>,
    /// The codes that it may refuse with.
    problems: BTreeSet<String>,
}

/// Schemas by their media types. What any file may be, only that file knows.
type Content = HashMap<String, Option<Schema>>;

/// A schema of the document, compiled when the first value is held against it.
struct Schema {
    place: String,
    compiled: OnceLock<Validator>,
}

impl Contract {
    /// A document as `GET /openapi.json` gives it.
    ///
    /// # Panics
    /// It is not one, or has a schema with words or formats that are not known.
    pub fn new(document: Value) -> Self {
        let registry = Registry::new().draft(Draft::Draft202012);
        let registry = registry.add(DOCUMENT, closed::closed(document.clone())).expect("a document");
        let registry = registry.prepare().expect("a document whose references lead somewhere");
        let mut operations = HashMap::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let place = format!("/paths/{}/{method}", escaped(path));
                let id = operation["operationId"].as_str().unwrap_or_default();
                operations.insert(id.to_owned(), Described::of(&document, operation, &place));
            }
        }
        Self { document, registry, operations }
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The operation of a method and path, as it is described. The path stands with its stage and without query.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next()?.strip_prefix("/v1")?;
        let segments: Vec<&str> = path.split('/').collect();
        let paths = self.document["paths"].as_object()?;
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
            self.document["paths"].as_object()?.values().filter_map(Value::as_object).flat_map(Map::values);
        let described = methods.into_iter().find(|described| described["operationId"] == operation)?;
        Some(self.resolved(described.pointer("/requestBody/content/application~1json/schema")?))
    }

    /// A schema, or what it refers to.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(place) => {
                self.document.pointer(place.trim_start_matches('#')).expect("a reference leads somewhere")
            }
            None => schema,
        }
    }

    pub fn operations(&self) -> BTreeSet<String> {
        self.operations.keys().cloned().collect()
    }

    /// What is wrong with an answer of this operation to a body: the answer is not as described, or it accepts a body
    /// that the description refuses.
    pub fn faults(&self, operation: &str, sent: &[u8], answer: &Answer) -> Vec<String> {
        let described = &self.operations[operation];
        let mut faults = self.answer_faults(described, answer);
        if let Some(schema) = &described.request
            && (200..300).contains(&answer.status)
        {
            match serde_json::from_slice(sent) {
                Ok(body) => {
                    let of_request = |fault| format!("it accepted {body}, but {fault}");
                    faults.extend(self.schema_faults(schema, &body).into_iter().map(of_request));
                }
                Err(error) => faults.push(format!("it accepted what is not JSON: {error}")),
            }
        }
        faults
    }

    fn answer_faults(&self, described: &Described, answer: &Answer) -> Vec<String> {
        let Some(content) = described.answers.get(&answer.status) else {
            return vec![format!("status {} is not described", answer.status)];
        };
        if content.is_empty() {
            let is_empty = answer.body.is_null();
            return if is_empty { Vec::new() } else { vec!["a body is not described".to_owned()] };
        }
        let content_type = answer.headers.get("content-type").map_or("", String::as_str);
        let media_type = content_type.split(';').next().unwrap_or_default();
        let Some(schema) = content.get(media_type) else {
            return vec![format!("content-type {content_type} is not described")];
        };
        let code = answer.body["code"].as_str().filter(|_| answer.status >= 400);
        if let Some(code) = code.filter(|code| !described.problems.contains(*code)) {
            return vec![format!("the code {code} is not described")];
        }
        schema.as_ref().map_or(Vec::new(), |schema| self.schema_faults(schema, &answer.body))
    }

    /// What is wrong with a value, held against what a reference leads to.
    pub fn faults_of(&self, reference: &str, value: &Value) -> Vec<String> {
        let place = reference.trim_start_matches('#').to_owned();
        self.schema_faults(&Schema { place, compiled: OnceLock::new() }, value)
    }

    fn schema_faults(&self, schema: &Schema, value: &Value) -> Vec<String> {
        let compiled = schema.compiled.get_or_init(|| self.compiled(&schema.place));
        if compiled.is_valid(value) {
            return Vec::new();
        }
        let faults = compiled.iter_errors(value);
        faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    }

    fn compiled(&self, place: &str) -> Validator {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false);
        let schema = json!({ "$ref": format!("{DOCUMENT}#{place}") });
        options.build(&schema).unwrap_or_else(|error| panic!("{place} is no schema: {error}"))
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contract")
    }
}

impl Described {
    fn of(document: &Value, operation: &Value, place: &str) -> Self {
        let content = |part: &Value, place: &str| -> Content {
            let contents = part["content"].as_object().into_iter().flatten();
            let schemas = contents.map(|(media_type, content)| {
                let place = format!("{place}/content/{}/schema", escaped(media_type));
                let schema = content.get("schema").map(|_| Schema { place, compiled: OnceLock::new() });
                (media_type.clone(), schema)
            });
            schemas.collect()
        };
        let request = content(&operation["requestBody"], &format!("{place}/requestBody"));
        let answers = operation["responses"].as_object().into_iter().flatten().map(|(status, answer)| {
            let own = format!("{place}/responses/{status}");
            let place = answer["$ref"].as_str().map_or(own.as_str(), |place| place.trim_start_matches('#'));
            let answer = if place == own { answer } else { document.pointer(place).expect("an answer") };
            (status.parse().expect("a status"), content(answer, place))
        });
        let problems = operation["x-problem-codes"].as_array().into_iter().flatten();
        Self {
            request: request.into_values().next().flatten(),
            answers: answers.collect(),
            problems: problems.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

/// A name as a part of a JSON pointer in a URL's fragment.
fn escaped(name: &str) -> String {
    let name = name.replace('~', "~0").replace('/', "~1");
    name.replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> Contract {
        let answer = json!({
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": { "$ref": "#/components/schemas/a" },
                "b": { "anyOf": [{ "type": "array", "items": { "enum": ["x"] } }, { "type": "null" }] },
                "at": { "type": "string", "format": "date-time" },
                "many": { "type": "array", "uniqueItems": true },
                "open": { "type": "object", "additionalProperties": true, "properties": {} },
                "kind": { "type": "string", "x-extensible-enum": ["one"] },
                "price": { "$ref": "#/components/schemas/price", "properties": { "amount": { "minimum": 1 } } },
            },
        });
        let request =
            json!({ "type": "object", "properties": { "in": { "type": "string", "format": "duration" } } });
        let problem = json!({ "$ref": "#/components/schemas/Problem" });
        let content = |schema: &Value| json!({ "application/json": { "schema": schema } });
        let refused = json!({ "$ref": "#/components/responses/NotFound" });
        Contract::new(json!({
            "paths": { "/bills/{bill}": { "put": {
                "operationId": "put-bill",
                "requestBody": { "content": content(&request) },
                "responses": { "200": { "content": content(&answer) }, "404": refused, "204": {} },
                "x-problem-codes": ["not-found", "invalid-request"],
            } } },
            "components": { "responses": { "NotFound": { "content": content(&problem) } }, "schemas": {
                "a": { "type": "integer", "format": "uint32", "minimum": 1 },
                "price": { "type": "object", "properties": { "amount": { "type": "integer" }, "in": {} } },
                "Problem": { "type": "object", "properties": { "code": { "type": "string" } }, "required": ["code"] },
            } },
        }))
    }

    fn faults(status: u16, sent: &Value, body: &Value) -> Vec<String> {
        let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
        let answer = Answer { status, headers, body: body.clone(), operation: None };
        contract().faults("put-bill", sent.to_string().as_bytes(), &answer)
    }

    #[test]
    fn answers_as_described_have_no_fault() {
        for good in [
            json!({ "a": 1 }),
            json!({ "a": 2, "b": null }),
            json!({ "a": 3, "b": ["x"], "many": [1, 2], "open": { "more": 1 } }),
            json!({ "a": 4, "at": "2026-11-30T12:00:00.125Z", "kind": "one" }),
            json!({ "a": 5, "price": { "amount": 1, "in": "CNY" } }),
        ] {
            assert_eq!(faults(200, &json!({}), &good), [""; 0], "{good}");
        }
        assert_eq!(faults(204, &json!({}), &Value::Null), [""; 0]);
        assert_eq!(faults(404, &json!({}), &json!({ "code": "not-found", "more": 1 })), [""; 0]);
    }

    #[test]
    fn answers_not_as_described_are_found() {
        for bad in [
            json!([]),
            json!({}),
            json!({ "a": 0 }),
            json!({ "a": "1" }),
            json!({ "a": 1.5 }),
            json!({ "a": 5_000_000_000_u64 }),
            json!({ "a": 1, "c": 1 }),
            json!({ "a": 1, "b": ["y"] }),
            json!({ "a": 1, "b": {} }),
            json!({ "a": 1, "many": [1, 2, 1] }),
            json!({ "a": 1, "at": "yesterday" }),
            json!({ "a": 1, "kind": "two" }),
            json!({ "a": 1, "price": { "amount": 0 } }),
            json!({ "a": 1, "price": { "amount": 1, "more": 1 } }),
        ] {
            assert_eq!(faults(200, &json!({}), &bad).len(), 1, "{bad}");
        }
        assert_eq!(faults(201, &json!({}), &Value::Null), ["status 201 is not described"]);
        assert_eq!(faults(204, &json!({}), &json!({})), ["a body is not described"]);
        assert_eq!(faults(404, &json!({}), &json!({})).len(), 1);
        let other = json!({ "code": "bill-not-open" });
        assert_eq!(faults(404, &json!({}), &other), ["the code bill-not-open is not described"]);
    }

    #[test]
    fn an_accepted_body_that_the_description_refuses_is_found() {
        let (answer, problem) = (json!({ "a": 1 }), json!({ "code": "invalid-request" }));
        for bad in [json!([]), json!({ "in": "soon" }), json!({ "in": 1 })] {
            assert_eq!(faults(200, &bad, &answer).len(), 1, "{bad}");
            assert_eq!(faults(404, &bad, &problem), [""; 0], "{bad} was not accepted");
        }
        assert_eq!(faults(200, &json!({ "in": "PT2H" }), &answer), [""; 0]);
    }

    #[test]
    #[should_panic(expected = "multipleOf")]
    fn a_word_that_nothing_checks_is_told() {
        let schema = json!({ "type": "integer", "multipleOf": 2 });
        Contract::new(json!({ "components": { "schemas": { "even": schema } } }));
    }

    #[test]
    fn paths_lead_to_their_operation() {
        let contract = contract();
        assert_eq!(contract.operation("PUT", "/v1/bills/bill_1?limit=1").unwrap()["operationId"], "put-bill");
        for (method, path) in
            [("GET", "/v1/bills/bill_1"), ("PUT", "/v1/bills"), ("PUT", "/v1/bills/"), ("PUT", "/bills/b")]
        {
            assert!(contract.operation(method, path).is_none(), "{method} {path}");
        }
    }
}
