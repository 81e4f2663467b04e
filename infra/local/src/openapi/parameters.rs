//! What an operation takes beside its body.

use schemars::SchemaGenerator;
use scrip_function::{Operation, Proof};
use scrip_http::limits::{DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS};
use scrip_sam::Route;
use scrip_store::{IdempotencyKey, MAX_CURSOR_BYTES};
use serde_json::{Map, Value, json};

/// How a message proves itself where no authorizer is asked (Standard Webhooks).
const SIGNATURE: [&str; 3] = ["WebhookId", "WebhookTimestamp", "WebhookSignature"];
const PAGE: [&str; 2] = ["Limit", "After"];
const KEY: &str = "IdempotencyKey";

/// The parameters of an operation.
pub(super) fn of(route: &Route, operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let patterns = (operation.path_patterns)();
    let segments = route.path.split('/');
    let names = segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = names
        .map(|name| {
            let place = operation.path.iter().position(|known| *known == name);
            let pattern = place.and_then(|place| patterns.get(place)?.as_deref());
            json!({ "name": name, "in": "path", "required": true, "schema": text(pattern) })
        })
        .collect();
    if operation.proof() == Proof::Signature {
        parameters.extend(SIGNATURE.map(reference));
    } else if route.method == "POST" {
        parameters.push(reference(KEY));
    }
    if operation.is_list() {
        parameters.extend(PAGE.map(reference));
    }
    for parameter in operation.query {
        parameters.push(json!({
            "name": parameter.name,
            "in": "query",
            "required": parameter.is_required,
            "description": parameter.meaning,
            "schema": parameter.schema(generator),
        }));
    }
    parameters
}

fn text(pattern: Option<&str>) -> Value {
    match pattern {
        Some(pattern) => json!({ "type": "string", "pattern": pattern }),
        None => json!({ "type": "string" }),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// Those that several operations take.
pub(super) fn shared() -> Map<String, Value> {
    let header = |name: &str, meaning: &str, schema: Value| json!({ "name": name, "in": "header", "required": true, "description": meaning, "schema": schema });
    let query = |name: &str, meaning: &str, schema: Value| json!({ "name": name, "in": "query", "description": meaning, "schema": schema });
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": MAX_PAGE_ITEMS, "default": DEFAULT_PAGE_ITEMS,
    });
    let key = json!({ "type": "string", "pattern": IdempotencyKey::pattern() });
    Map::from_iter([
        (
            KEY.to_owned(),
            header("Idempotency-Key", "New for each new request; the same again gets the first answer.", key),
        ),
        (PAGE[0].to_owned(), query("limit", "The most items of the page.", limit)),
        (
            PAGE[1].to_owned(),
            query(
                "after",
                "`next` of the last page.",
                json!({ "type": "string", "maxLength": MAX_CURSOR_BYTES }),
            ),
        ),
        (
            SIGNATURE[0].to_owned(),
            header(
                "webhook-id",
                "The same in each delivery of a message, which gets the first answer.",
                json!({ "type": "string", "pattern": scrip_webhook::ID_PATTERN, "maxLength": scrip_webhook::MAX_ID_CHARACTERS }),
            ),
        ),
        (
            SIGNATURE[1].to_owned(),
            header(
                "webhook-timestamp",
                "Seconds since 1970, at most five minutes from now.",
                json!({ "type": "string", "pattern": scrip_webhook::TIMESTAMP_PATTERN }),
            ),
        ),
        (
            SIGNATURE[2].to_owned(),
            header(
                "webhook-signature",
                "Signatures apart by blanks: v1 or v1a, a comma, base64.",
                json!({ "type": "string", "maxLength": scrip_webhook::MAX_SIGNATURE_CHARACTERS }),
            ),
        ),
    ])
}
