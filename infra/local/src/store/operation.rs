//! DynamoDB's operations by their names in the JSON protocol.

use super::tokens::Tokens;
use super::transaction;
use dynoxide::{Database, DynoxideError};
use serde_json::json;
use std::cell::RefCell;

type Result = dynoxide::Result<String>;

/// Answers a request with a status and a body.
pub(super) fn answer(
    database: &Database,
    tokens: &RefCell<Tokens>,
    operation: &str,
    body: &str,
) -> (u16, String) {
    let answer = match operation {
        "TransactWriteItems" => transaction::answer(database, tokens, body),
        _ => dispatch(database, operation, body),
    };
    match answer {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

/// Whether the operation changes items.
pub(super) fn writes(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

/// The answer of a store that is shutting down or has lost a request to a panic.
pub(super) fn unavailable() -> (u16, String) {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
        "message": "The store did not answer.",
    });
    (500, body.to_string())
}

fn dispatch(database: &Database, operation: &str, body: &str) -> Result {
    macro_rules! answer {
        ($method:ident) => {{
            let request = serde_json::from_str(body).map_err(|error| unreadable(&error))?;
            let response = database.$method(request)?;
            serde_json::to_string(&response)
                .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
        }};
    }
    match operation {
        "BatchGetItem" => answer!(batch_get_item),
        "BatchWriteItem" => answer!(batch_write_item),
        "CreateTable" => answer!(create_table),
        "DeleteItem" => answer!(delete_item),
        "DeleteTable" => answer!(delete_table),
        "DescribeStream" => answer!(describe_stream),
        "DescribeTable" => answer!(describe_table),
        "DescribeTimeToLive" => answer!(describe_time_to_live),
        "GetItem" => answer!(get_item),
        "GetRecords" => answer!(get_records),
        "GetShardIterator" => answer!(get_shard_iterator),
        "ListStreams" => answer!(list_streams),
        "ListTables" => answer!(list_tables),
        "PutItem" => answer!(put_item),
        "Query" => answer!(query),
        "Scan" => answer!(scan),
        "TransactGetItems" => answer!(transact_get_items),
        "UpdateItem" => answer!(update_item),
        "UpdateTable" => answer!(update_table),
        "UpdateTimeToLive" => answer!(update_time_to_live),
        _ => Err(DynoxideError::UnsupportedCapability(operation.to_owned())),
    }
}

/// The engine tells in the words of the parser's error what `DynamoDB` makes of it.
pub(super) fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match ["VALIDATION_REQUEST:", "VALIDATION:"].iter().find_map(|mark| text.strip_prefix(mark)) {
        Some(message) => DynoxideError::ValidationException(message.to_owned()),
        None => DynoxideError::SerializationException(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn call(database: &Database, operation: &str, body: &Value) -> (u16, Value) {
        let (status, body) = answer(database, &RefCell::default(), operation, &body.to_string());
        (status, serde_json::from_str(&body).unwrap())
    }

    #[test]
    fn errors_have_the_status_and_the_type_of_the_service() {
        let database = Database::memory().unwrap();
        let key = json!({ "TableName": "none", "Key": { "pk": { "S": "a" } } });
        let (status, body) = call(&database, "GetItem", &key);
        assert_eq!(status, 400);
        assert!(body["__type"].as_str().unwrap().ends_with("#ResourceNotFoundException"), "{body}");

        let (status, body) = call(&database, "GetItem", &json!({ "TableName": 7 }));
        assert_eq!(status, 400);
        assert!(body["__type"].as_str().unwrap().ends_with("#SerializationException"), "{body}");

        let (status, body) = call(&database, "ExportTableToPointInTime", &json!({}));
        assert_eq!(status, 501);
        assert!(body["message"].as_str().unwrap().contains("ExportTableToPointInTime"), "{body}");
    }
}
