//! What an operation answers, and what it may refuse with.

use super::{Document, capitalised};
use http::StatusCode;
use scrip_function::{Body, Operation, Proof};
use scrip_http::{status, title};
use scrip_refusal::Code;
use scrip_sam::Route;
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

impl Document {
    /// An operation's answers, by status. What is refused is described once for all operations: beside the reference
    /// stands which codes of that status this one has.
    pub(super) fn answers(&mut self, route: &Route, operation: &Operation) -> Result<Value, String> {
        let (success, body) = operation.response;
        let mut done = json!({ "description": described(success) });
        if route.method == "POST" {
            let replayed = json!({ "$ref": "#/components/headers/IdempotentReplayed" });
            done["headers"] = json!({ "Idempotent-Replayed": replayed });
        }
        if let Some(content) = self.content(body)? {
            done["content"] = content;
        }
        let mut answers = Map::from_iter([(success.to_string(), done)]);
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in refusals(route, operation) {
            by_status.entry(status(code)).or_default().push(code);
        }
        for (status, codes) in by_status {
            let lines: Vec<String> =
                codes.iter().map(|code| format!("- `{code}`: {}", code.meaning())).collect();
            let place = format!("#/components/responses/{}", name(status));
            answers.insert(status.to_string(), json!({ "$ref": place, "description": lines.join("\n") }));
            self.refusals.entry(status).or_insert_with(|| refusal(status));
        }
        Ok(Value::Object(answers))
    }

    fn content(&mut self, body: Body) -> Result<Option<Value>, String> {
        Ok(match body {
            Body::None => None,
            Body::Json(schema) => {
                Some(json!({ "application/json": { "schema": schema(&mut self.generator) } }))
            }
            Body::Page(schema) => {
                let item = schema(&mut self.generator).to_value();
                let named = item["$ref"].as_str().and_then(|place| place.rsplit('/').next());
                let name = named.ok_or("a page of what has no name")?.to_owned() + "Page";
                let page = json!({
                    "type": "object",
                    "description": "A page of a list; `next` is null on the last one.",
                    "required": ["items", "next"],
                    "properties": {
                        "items": { "type": "array", "items": item },
                        "next": { "type": ["string", "null"] },
                    },
                });
                Some(json!({ "application/json": { "schema": self.named(name, page)? } }))
            }
            Body::Text(media_types) => {
                let types = media_types.iter().map(|media_type| {
                    let text = json!({ "schema": { "type": "string" } });
                    ((*media_type).to_owned(), if media_type.ends_with("json") { json!({}) } else { text })
                });
                Some(Value::Object(types.collect()))
            }
        })
    }
}

/// The codes that an operation may refuse with.
pub(super) fn refusals(route: &Route, operation: &Operation) -> BTreeSet<Code> {
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
    if operation.is_list() {
        codes.extend(LISTING);
    }
    codes
}

/// What an answer of this status is called: `NotFound`.
pub(super) fn name(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.unwrap_or_default().split(' ').map(capitalised).collect()
}

fn described(success: u16) -> &'static str {
    match success {
        201 => "Created.",
        202 => "Accepted, and worked on later.",
        204 => "Done.",
        _ => "The answer.",
    }
}

fn refusal(status: u16) -> Value {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let mut refusal = json!({
        "description": format!("{}.", reason.unwrap_or_default()),
        "content": { "application/problem+json": problem },
    });
    if matches!(status, 429 | 503) {
        refusal["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
    }
    refusal
}

/// Headers that several answers have.
pub(super) fn headers() -> Value {
    json!({
        "IdempotentReplayed": {
            "description": "`true` where an earlier request with the same key got this answer first.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "RetryAfter": {
            "description": "After how many seconds the request may be sent again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

/// RFC 9457.
pub(super) fn problem_schemas() -> [(String, Value); 3] {
    let text = json!({ "type": "string" });
    let code = json!({ "$ref": "#/components/schemas/ProblemCode" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let problem = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457). Some codes come with more members, such as `current`.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string", "examples": [title(Code::NotFound)] },
            "status": { "type": "integer" },
            "detail": text,
            "code": code,
            "request_id": text,
            "errors": { "type": "array", "items": { "$ref": "#/components/schemas/FieldProblem" } },
            "attempts_left": count,
            "retry_after_seconds": count,
        },
    });
    let field = json!({
        "type": "object",
        "description": "What is wrong with one field of a request.",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": { "type": "string", "description": "RFC 6901" },
            "code": code,
            "detail": text,
        },
    });
    let codes = json!({
        "type": "string",
        "description": "What a client may branch on. Codes are stable; there may be more of them.",
        "x-extensible-enum": Code::ALL,
    });
    [("Problem".into(), problem), ("FieldProblem".into(), field), ("ProblemCode".into(), codes)]
}
