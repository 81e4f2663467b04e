//! The OpenAPI 3.1 document: routes from the template, all else from the operations.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use scrip_function::{Caller, Operation, Proof};
use scrip_http::limits::{DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS};
use scrip_http::{status, title};
use scrip_refusal::Code;
use scrip_sam::{Application, Route};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What every operation may refuse with.
const ALWAYS: &[Code] = &[Code::BodyTooLarge, Code::TooManyRequests, Code::Busy, Code::Internal];
/// What an operation that wants a proof may refuse with.
const PROVEN: &[Code] = &[Code::Unauthenticated, Code::BodyHashMismatch];
/// What an operation with a body may refuse with.
const WITH_BODY: &[Code] = &[Code::MalformedJson, Code::InvalidRequest];
/// What an operation that creates something may refuse with.
const CREATING: &[Code] =
    &[Code::IdempotencyKeyMissing, Code::IdempotencyKeyInvalid, Code::IdempotencyKeyReused];
/// What a list may refuse with.
const LISTING: &[Code] = &[Code::InvalidRequest, Code::InvalidCursor];

/// The document.
///
/// # Errors
/// A route of no operation, or an operation without its route.
pub(crate) fn document(
    application: &Application,
    operations: &[Operation],
    server: &str,
) -> Result<Value, String> {
    let routed = operations.iter().filter(|operation| operation.is_http());
    let mut routed: BTreeMap<&str, &Operation> =
        routed.map(|operation| (operation.name, operation)).collect();
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in &application.routes {
        let operation = routed
            .remove(route.function.as_str())
            .ok_or_else(|| format!("{} {}: no operation is {}", route.method, route.path, route.function))?;
        if route.authorizer.is_some() != (operation.proof() == Proof::Token) {
            return Err(format!("{}: the operation and the route want different proofs", operation.name));
        }
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = described(route, operation, &mut schemas);
    }
    if let Some(name) = routed.keys().next() {
        return Err(format!("the operation {name} has no route"));
    }
    let mut components = schemas.take_definitions(true);
    components.insert("Problem".into(), problem());
    Ok(json!({
        "openapi": "3.1.0",
        "info": { "title": "Scrip", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "servers": [{ "url": format!("{server}/{}", application.stage) }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A user's access token, or a token that a device has signed itself.",
                },
            },
        },
    }))
}

fn described(route: &Route, operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "description": who_may_call(operation),
        "parameters": parameters(route, operation),
        "responses": responses(route, operation, schemas),
    });
    if let Some(request) = operation.request {
        let content = json!({ "application/json": { "schema": request(schemas) } });
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if operation.proof() != Proof::Token {
        described["security"] = json!([]);
    }
    described
}

fn who_may_call(operation: &Operation) -> String {
    let callers: Vec<&str> = operation.callers.iter().copied().map(Caller::as_str).collect();
    format!("For {}.", callers.join(", "))
}

/// How a message proves itself where no authorizer is asked (Standard Webhooks).
const WEBHOOK_HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "The same in each delivery of a message, which gets the first answer."),
    ("webhook-timestamp", "Seconds since 1970, at most five minutes from now."),
    ("webhook-signature", "Signatures apart by blanks: v1 or v1a, a comma, base64."),
];

fn parameters(route: &Route, operation: &Operation) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let names = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> =
        names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text })).collect();
    if operation.proof() == Proof::Signature {
        parameters.extend(WEBHOOK_HEADERS.map(|(name, meaning)| {
            json!({ "name": name, "in": "header", "required": true, "description": meaning, "schema": text })
        }));
    } else if route.method == "POST" {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "New for each new request; the same again gets the first answer.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 257 },
        }));
    }
    if operation.is_list {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_PAGE_ITEMS, "default": DEFAULT_PAGE_ITEMS });
        parameters.push(json!({ "name": "limit", "in": "query", "schema": limit }));
        parameters.push(
            json!({ "name": "after", "in": "query", "description": "next of the last page", "schema": text }),
        );
    }
    for (name, meaning) in operation.query {
        parameters.push(json!({ "name": name, "in": "query", "description": meaning, "schema": text }));
    }
    parameters
}

fn responses(route: &Route, operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let (success, schema) = operation.response;
    let schema = schema.map(|schema| json!(schema(schemas)));
    let schema = match schema {
        Some(items) if operation.is_list => Some(json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": items },
                "next": { "type": ["string", "null"] },
            },
        })),
        other => other,
    };
    let mut responses = Map::new();
    let mut done = json!({ "description": title_of(success) });
    if let Some(schema) = schema {
        done["content"] = json!({ operation.media_type: { "schema": schema } });
    }
    responses.insert(success.to_string(), done);

    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in refusals(route, operation) {
        by_status.entry(status(code)).or_default().push(code);
    }
    for (status, codes) in by_status {
        let lines: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}", code.meaning())).collect();
        let schema = json!({
            "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "properties": { "code": { "enum": codes } } },
            ],
        });
        let response = json!({
            "description": lines.join("\n\n"),
            "content": { "application/problem+json": { "schema": schema } },
        });
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn refusals(route: &Route, operation: &Operation) -> BTreeSet<Code> {
    let mut codes: BTreeSet<Code> = ALWAYS.iter().copied().chain(operation.refusals()).collect();
    if operation.proof() != Proof::None {
        codes.extend(PROVEN);
    }
    if operation.request.is_some() {
        codes.extend(WITH_BODY);
    }
    if route.method == "POST" && operation.proof() == Proof::Token {
        codes.extend(CREATING);
    }
    if operation.is_list {
        codes.extend(LISTING);
    }
    codes
}

fn title_of(success: u16) -> &'static str {
    match success {
        201 => "Created.",
        204 => "Done.",
        _ => "The answer.",
    }
}

/// RFC 9457.
fn problem() -> Value {
    let text = json!({ "type": "string" });
    let codes = json!({ "type": "string", "enum": Code::ALL });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457). Some codes come with more members, such as `current`.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string", "examples": [title(Code::NotFound)] },
            "status": { "type": "integer" },
            "detail": text,
            "code": codes,
            "request_id": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": { "pointer": { "type": "string", "description": "RFC 6901" }, "code": codes, "detail": text },
                },
            },
        },
    })
}
