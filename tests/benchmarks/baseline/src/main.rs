//! One conditional put behind a REST API: what the transfer of Scrip is measured against.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};
use serde::{Deserialize, Serialize};
use std::env;

#[derive(Deserialize, Serialize)]
struct Transfer {
    from: String,
    to: String,
    amount: Money,
    reference: String,
}

#[derive(Deserialize, Serialize)]
struct Money {
    amount: i64,
    currency: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let table = env::var("LEDGER_TABLE")?;

    run(service_fn(|request| handle(&client, &table, request))).await
}

async fn handle(client: &Client, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let Some(id) = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return answer(400, r#"{"error":"Idempotency-Key is missing"}"#);
    };
    let Ok(transfer) = serde_json::from_slice::<Transfer>(request.body()) else {
        return answer(400, r#"{"error":"not a transfer"}"#);
    };

    let put = client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(format!("TXN#{id}")))
        .item("sk", AttributeValue::S("TRANSFER".to_owned()))
        .item("from", AttributeValue::S(transfer.from.clone()))
        .item("to", AttributeValue::S(transfer.to.clone()))
        .item("amount", AttributeValue::N(transfer.amount.amount.to_string()))
        .item("currency", AttributeValue::S(transfer.amount.currency.clone()))
        .item("reference", AttributeValue::S(transfer.reference.clone()))
        .condition_expression("attribute_not_exists(pk)");
    match put.send().await {
        Ok(_) => answer(201, &serde_json::to_string(&transfer)?),
        Err(error) => match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(_) => answer(409, r#"{"error":"it exists"}"#),
            error => Err(error.into()),
        },
    }
}

fn answer(status: u16, body: &str) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Ok(answer.body(body.into())?)
}
