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

/// What is done of a request, and what is left of it.
pub(super) fn divided(target: &str, body: &Value) -> (Value, Value) {
    let (mut done, mut left) = (body.clone(), json!({}));
    if target == SEND {
        let entries = done["Entries"].as_array_mut().expect("entries");
        left = entries.pop().expect("one at least");
        return (done, left);
    }
    // Half of the keys are read later, at another moment than the others.
    let mut unread = keys(&done).div_ceil(2);
    for (table, request) in done["RequestItems"].as_object_mut().into_iter().flatten() {
        let of_table = request["Keys"].as_array_mut().expect("keys");
        let later = of_table.split_off(of_table.len().saturating_sub(unread));
        unread -= later.len();
        if !later.is_empty() {
            left[table] = request.clone();
            left[table]["Keys"] = Value::from(later);
        }
    }
    if let Some(tables) = done["RequestItems"].as_object_mut() {
        tables.retain(|_, request| request["Keys"].as_array().is_some_and(|keys| !keys.is_empty()));
    }
    (done, left)
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
