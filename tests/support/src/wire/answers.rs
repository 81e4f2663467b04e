//! What services say when they do not do what they are asked, in their own words.

use super::{Break, sdk_body};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

const DYNAMODB: &str = "DynamoDB_20120810.";
const SEND: &str = "AmazonSQS.SendMessageBatch";
const TRANSACTION: &str = "TransactWriteItems";

fn dynamodb(target: &str) -> Option<&str> {
    target.strip_prefix(DYNAMODB)
}

/// What can happen to this call.
pub(super) fn possible(target: &str, body: &Value) -> Vec<Break> {
    let overtaking = (0..keys(body)).map(Break::Overtake);
    Break::ALL.into_iter().chain(overtaking).filter(|fault| applies(*fault, target, body)).collect()
}

/// Whether this can happen to this call.
pub(super) fn applies(fault: Break, target: &str, body: &Value) -> bool {
    match fault {
        Break::Conflict => {
            matches!(dynamodb(target), Some(TRANSACTION | "PutItem" | "UpdateItem" | "DeleteItem"))
        }
        Break::Part => {
            dynamodb(target) == Some("BatchGetItem") && keys(body) > 0
                || target == SEND && body["Entries"].as_array().is_some_and(|entries| !entries.is_empty())
        }
        Break::Overtake(place) => {
            let keys = keys(body);
            dynamodb(target) == Some("BatchGetItem") && keys > 1 && place < keys
        }
        _ => true,
    }
}

/// How many keys a request names.
pub(super) fn keys(body: &Value) -> usize {
    let tables = body["RequestItems"].as_object().into_iter().flatten();
    tables.map(|(_, request)| request["Keys"].as_array().map_or(0, Vec::len)).sum()
}

pub(super) fn body(body: &SdkBody) -> Value {
    body.bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

/// A request to the store.
pub(super) fn request(operation: &str, body: &Value) -> HttpRequest {
    let mut request = HttpRequest::new(sdk_body(body));
    request.headers_mut().insert("x-amz-target", format!("{DYNAMODB}{operation}"));
    request
}

/// The same request with another body.
pub(super) fn instead_of(mut request: HttpRequest, body: &Value) -> HttpRequest {
    *request.body_mut() = sdk_body(body);
    request
}

fn response(status: u16, body: &Value) -> HttpResponse {
    let status = status.try_into().expect("a status");
    HttpResponse::new(status, sdk_body(body))
}

fn error(code: &str) -> Value {
    json!({ "__type": format!("com.amazonaws#{code}"), "message": "a fault of the test" })
}

pub(super) fn throttled(target: &str) -> HttpResponse {
    let code = if target.starts_with("AmazonSQS.") { "RequestThrottled" } else { "ThrottlingException" };
    response(400, &error(code))
}

/// What no function tries again after.
pub(super) fn denied() -> HttpResponse {
    response(400, &error("AccessDeniedException"))
}

pub(super) fn conflict(target: &str, body: &Value) -> HttpResponse {
    if dynamodb(target) != Some(TRANSACTION) {
        return response(400, &error("TransactionConflictException"));
    }
    let count = body["TransactItems"].as_array().map_or(0, Vec::len);
    // Beside it a condition that would fail as well, as those of a transaction's own effect do.
    let reasons = (0..count).map(|place| match place {
        0 if count > 1 => json!({ "Code": "ConditionalCheckFailed" }),
        _ if place + 1 == count => json!({ "Code": "TransactionConflict" }),
        _ => json!({ "Code": "None" }),
    });
    let mut answer = error("TransactionCanceledException");
    answer["CancellationReasons"] = reasons.collect();
    response(400, &answer)
}

/// What is done of a request, and what is left of it. Of keys, the first half is read; or only the one at this place.
pub(super) fn divided(target: &str, body: &Value, only: Option<usize>) -> (Value, Value) {
    let (mut done, mut left) = (body.clone(), body.clone());
    if target == SEND {
        let entries = done["Entries"].as_array_mut().expect("entries");
        left = entries.pop().expect("one at least");
        return (done, left);
    }
    let names = named(&body["RequestItems"]);
    let early = match only {
        Some(place) => names.get(place..=place).unwrap_or_default(),
        None => &names[..names.len() / 2],
    };
    keep(&mut done, |name| early.contains(name));
    keep(&mut left, |name| !early.contains(name));
    (done, left["RequestItems"].take())
}

/// Takes the keys out of a request that are not to be read now.
fn keep(request: &mut Value, is_kept: impl Fn(&String) -> bool) {
    let Some(tables) = request["RequestItems"].as_object_mut() else { return };
    for (table, request) in tables.iter_mut() {
        if let Some(keys) = request["Keys"].as_array_mut() {
            keys.retain(|key| is_kept(&name(table, key)));
        }
    }
    tables.retain(|_, request| request["Keys"].as_array().is_some_and(|keys| !keys.is_empty()));
}

/// The keys that a request names: by table and kind, so that the order is the same for the next request of its kind,
/// whatever ids it has.
pub(super) fn named(items: &Value) -> Vec<String> {
    let tables = items.as_object().into_iter().flatten();
    let mut named: Vec<_> = tables
        .flat_map(|(table, request)| {
            request["Keys"].as_array().into_iter().flatten().map(move |key| name(table, key))
        })
        .collect();
    named.sort();
    named
}

fn name(table: &str, key: &Value) -> String {
    format!("{table} {} {}", key["sk"], key["pk"])
}

/// The answer to what was done, with what is left.
pub(super) fn with_left(target: &str, answer: &HttpResponse, left: Value) -> HttpResponse {
    let is_empty = answer.status().as_u16() != 200;
    let mut body = if is_empty { json!({}) } else { body(answer.body()) };
    if target == SEND {
        let failed = json!({ "Id": left["Id"], "Code": "InternalError", "SenderFault": false });
        body["Failed"] = json!([failed]);
        if body["Successful"].is_null() {
            body["Successful"] = json!([]);
        }
    } else {
        if body["Responses"].is_null() {
            body["Responses"] = json!({});
        }
        body["UnprocessedKeys"] = left;
    }
    response(200, &body)
}
