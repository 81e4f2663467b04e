//! Deletes items whose time to live is over, by the platform's clock.
//!
//! The engine's own sweep knows the system's clock alone, which can't be advanced.

use super::TableStore;
use scrip_sam::TableSpec;
use serde_json::{Value, json};

/// Scans and deletes page by page, so that requests get their turn in between.
pub(super) async fn expire(store: &TableStore, tables: &[TableSpec], now: i64) -> Result<usize, String> {
    let mut deleted = 0;
    for table in tables {
        let Some(attribute) = &table.ttl_attribute else { continue };
        let condition = json!({
            "names": { "#ttl": attribute },
            "values": { ":now": { "N": now.to_string() } },
        });
        let mut start = Value::Null;
        loop {
            let mut request = json!({
                "TableName": table.name,
                "FilterExpression": "#ttl < :now",
                "ExpressionAttributeNames": condition["names"],
                "ExpressionAttributeValues": condition["values"],
            });
            if !start.is_null() {
                request["ExclusiveStartKey"] = start;
            }
            let page = call(store, "Scan", &request).await?;
            for item in page["Items"].as_array().into_iter().flatten() {
                let names =
                    [Some(&table.hash), table.range.as_ref()].into_iter().flatten().map(|key| &key.attribute);
                let key: Value = names.map(|name| (name.clone(), item[name].clone())).collect();
                let request = json!({
                    "TableName": table.name,
                    "Key": key,
                    "ConditionExpression": "#ttl < :now",
                    "ExpressionAttributeNames": condition["names"],
                    "ExpressionAttributeValues": condition["values"],
                });
                match call(store, "DeleteItem", &request).await {
                    Ok(_) => deleted += 1,
                    // It was given a longer life since it was read.
                    Err(error) if error.contains("ConditionalCheckFailedException") => {}
                    Err(error) => return Err(error),
                }
            }
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                break;
            }
        }
    }
    Ok(deleted)
}

async fn call(store: &TableStore, operation: &str, request: &Value) -> Result<Value, String> {
    match store.call(operation, request.to_string()).await {
        (200, body) => serde_json::from_str(&body).map_err(|error| error.to_string()),
        (_, body) => Err(body),
    }
}
