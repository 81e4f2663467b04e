//! The OpenAPI 3.1 document: routes from the template, all else from the operations.

mod answers;
mod examples;
mod parameters;
mod schemas;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use scrip_function::{Caller, Operation, Proof, Tag};
use scrip_http::limits::MAX_BODY_BYTES;
use scrip_sam::{Application, Route};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What holds for every operation.
const CONVENTIONS: &str = "\
Amounts are whole minor units of an ISO 4217 currency; times are RFC 3339, durations ISO 8601.

A request's body has at most MAX_BODY_BYTES bytes, and no members that are not described: they are refused. Answers may get \
more members at any time, and texts with `x-extensible-enum` more values than it lists: pass over what you don't know.

Errors are problem documents (RFC 9457) with a stable `code`; `x-problem-codes` lists those that an operation may tell, and \
`x-callers` who may call it. Bounds for which JSON Schema has no words are `x-minimum` and `x-maximum` of durations, and \
`x-maximum-bytes` of what is written as JSON.";

/// The document.
///
/// # Errors
/// A route of no operation, an operation without its route, or two types of one name.
pub(crate) fn document(
    application: &Application,
    operations: &[Operation],
    server: &str,
) -> Result<Value, String> {
    let routed = operations.iter().filter(|operation| operation.is_http());
    let mut routed: BTreeMap<&str, &Operation> =
        routed.map(|operation| (operation.name, operation)).collect();
    let mut document = Document::new();
    for route in &application.routes {
        let operation = routed
            .remove(route.function.as_str())
            .ok_or_else(|| format!("{} {}: no operation is {}", route.method, route.path, route.function))?;
        if route.authorizer.is_some() != (operation.proof() == Proof::Token) {
            return Err(format!("{}: the operation and the route want different proofs", operation.name));
        }
        document.add(route, operation)?;
    }
    if let Some(name) = routed.keys().next() {
        return Err(format!("the operation {name} has no route"));
    }
    document.finish(&format!("{server}/{}", application.stage))
}

/// What is collected route by route.
struct Document {
    generator: SchemaGenerator,
    paths: Map<String, Value>,
    tags: Vec<Tag>,
    /// Schemas of requests and pages, which no type of ours names.
    schemas: Map<String, Value>,
    /// Answers that operations share, by their status.
    refusals: BTreeMap<u16, Value>,
}

impl Document {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            generator: settings.into_generator(),
            paths: Map::new(),
            tags: Vec::new(),
            schemas: Map::new(),
            refusals: BTreeMap::new(),
        }
    }

    fn add(&mut self, route: &Route, operation: &Operation) -> Result<(), String> {
        let callers = operation.callers.iter().copied();
        let for_whom: Vec<&str> = callers.clone().map(Caller::as_str).collect();
        let description = format!("{}\n\nFor {}.", operation.description, for_whom.join(", "));
        let mut described = json!({
            "operationId": operation.name,
            "summary": operation.summary,
            "description": description.trim(),
            "tags": operation.tag.map(|tag| tag.name).into_iter().collect::<Vec<_>>(),
            "x-callers": callers.map(Caller::name).collect::<Vec<_>>(),
            "security": security(operation),
            "parameters": parameters::of(route, operation, &mut self.generator),
        });
        if let Some(request) = operation.request {
            let name = format!("{}Request", pascal(operation.name));
            let schema = request(&mut self.generator).to_value();
            let content = json!({ "application/json": { "schema": self.named(name, schema)? } });
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        described["responses"] = self.answers(route, operation)?;
        described["x-problem-codes"] = json!(answers::refusals(route, operation));
        if let Some(tag) = operation.tag
            && !self.tags.contains(&tag)
        {
            self.tags.push(tag);
        }
        let path = self.paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = described;
        Ok(())
    }

    /// Keeps a schema under a name, and refers to it.
    fn named(&mut self, name: String, schema: Value) -> Result<Value, String> {
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        if self.schemas.get(&name).is_some_and(|other| *other != schema) {
            return Err(format!("two types are named {name}"));
        }
        self.schemas.insert(name, schema);
        Ok(reference)
    }

    fn finish(mut self, server: &str) -> Result<Value, String> {
        let mut schemas = self.generator.take_definitions(true);
        for (name, schema) in self.schemas {
            if schemas.insert(name.clone(), schema).is_some() {
                return Err(format!("two types are named {name}"));
            }
        }
        schemas.extend(answers::problem_schemas());
        schemas.values_mut().for_each(schemas::tidy);
        examples::attach(&mut self.paths, &mut schemas);
        schemas.sort_keys();
        let refusals: Map<String, Value> =
            self.refusals.iter().map(|(status, answer)| (answers::name(*status), answer.clone())).collect();
        let tags = self.tags.iter().map(|tag| json!({ "name": tag.name, "description": tag.description }));
        Ok(json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Scrip",
                "version": env!("CARGO_PKG_VERSION"),
                "description": CONVENTIONS.replace("MAX_BODY_BYTES", &MAX_BODY_BYTES.to_string()),
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "servers": [{ "url": server }],
            "tags": tags.collect::<Vec<_>>(),
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": refusals,
                "parameters": parameters::shared(),
                "headers": answers::headers(),
                "securitySchemes": {
                    "user": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "A user's access token (OpenID Connect).",
                    },
                    "device": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "A token that a merchant's device has signed itself, over the body's hash.",
                    },
                },
            },
        }))
    }
}

/// Any of these; of who needs a scope, with it.
fn security(operation: &Operation) -> Vec<Value> {
    let mut any: Vec<Value> = Vec::new();
    for caller in operation.callers.iter().filter(|caller| caller.proof() == Proof::Token) {
        let one = match caller {
            Caller::User => json!({ "user": [] }),
            Caller::Treasury => json!({ "user": [caller.name()] }),
            _ => json!({ "device": [] }),
        };
        if !any.contains(&one) {
            any.push(one);
        }
    }
    any
}

/// `open-bill` as the name of a type.
fn pascal(name: &str) -> String {
    name.split('-').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
