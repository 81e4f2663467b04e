//! `ClientRequestToken`, which moto passes over: what it answers here says only that.
//!
//! Sources: API, `TransactWriteItems`, of `ClientRequestToken` (1 to 36 characters, known for ten minutes) and of
//! `IdempotentParameterMismatchException`; Guide, "Amazon DynamoDB Transactions: How it works", of idempotency.

use super::case::{Case, case};
use super::place::{Place, TABLE};
use super::told::invalid_request;
use serde_json::{Value, json};

const UNKNOWN: &str = "moto does not look at ClientRequestToken";

/// A token of this case alone.
fn token(at: &Place, name: &str) -> String {
    let all: String = at.own(name).chars().filter(char::is_ascii_alphanumeric).collect();
    all[all.len().saturating_sub(36)..].to_owned()
}

/// The item's number is raised under a token.
async fn raise(at: &Place, token: &str, by: i64) -> Value {
    let update = json!({ "TableName": TABLE, "Key": at.wire_key("a"), "UpdateExpression": "SET n = n + :by",
        "ExpressionAttributeValues": { ":by": { "N": by.to_string() } } });
    let request = json!({ "ClientRequestToken": token, "TransactItems": [{ "Update": update }] });
    at.wire("TransactWriteItems", request).await
}

async fn zero(at: &Place) {
    at.put(&at.key("a"), &json!({ "n": 0 })).await;
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = repeated();
    cases.extend(lengths());
    cases
}

fn repeated() -> Vec<Case> {
    let mismatch = || json!({ "error": "IdempotentParameterMismatchException" });
    vec![
        case("a repeated token does nothing again", json!([{}, {}, { "n": 1 }]), |at| async move {
            zero(&at).await;
            let token = token(&at, "t");
            json!([raise(&at, &token, 1).await, raise(&at, &token, 1).await, at.item(&at.key("a")).await])
        })
        .moto(json!([{}, {}, { "n": 2 }]), UNKNOWN),
        case("in whatever order the members stand", json!([{}, {}, { "n": 1 }]), |at| async move {
            zero(&at).await;
            let (token, pk) = (token(&at, "t"), at.own("a"));
            let one = format!(
                r#"{{"ClientRequestToken": "{token}", "TransactItems": [{{"Update": {{"TableName": "{TABLE}",
                "Key": {{"pk": {{"S": "{pk}"}}, "sk": {{"S": "-"}}}}, "UpdateExpression": "SET n = n + :by",
                "ExpressionAttributeValues": {{":by": {{"N": "1"}}}}}}}}]}}"#
            );
            let other = format!(
                r#"{{"TransactItems": [{{"Update": {{"ExpressionAttributeValues": {{":by": {{"N": "1"}}}},
                "UpdateExpression": "SET n = n + :by", "Key": {{"sk": {{"S": "-"}}, "pk": {{"S": "{pk}"}}}},
                "TableName": "{TABLE}"}}}}], "ClientRequestToken": "{token}"}}"#
            );
            let first = at.wire_text("TransactWriteItems", one).await;
            let second = at.wire_text("TransactWriteItems", other).await;
            json!([first, second, at.item(&at.key("a")).await])
        })
        .moto(json!([{}, {}, { "n": 2 }]), UNKNOWN),
        case(
            "another request under the token is refused",
            json!([{}, mismatch(), { "n": 1 }]),
            |at| async move {
                zero(&at).await;
                let token = token(&at, "t");
                json!([raise(&at, &token, 1).await, raise(&at, &token, 2).await, at.item(&at.key("a")).await])
            },
        )
        .moto(json!([{}, {}, { "n": 3 }]), UNKNOWN),
        case("another token does it again", json!([{}, {}, { "n": 2 }]), |at| async move {
            zero(&at).await;
            let (one, other) = (token(&at, "t1"), token(&at, "t2"));
            json!([raise(&at, &one, 1).await, raise(&at, &other, 1).await, at.item(&at.key("a")).await])
        }),
        case("what was cancelled was not done", json!(["broken", {}, { "n": 1 }]), |at| async move {
            at.put(&at.key("a"), &json!({ "n": "text" })).await;
            let token = token(&at, "t");
            let cancelled = raise(&at, &token, 1).await;
            zero(&at).await;
            let kind = if cancelled["error"].is_string() { json!("broken") } else { cancelled };
            json!([kind, raise(&at, &token, 1).await, at.item(&at.key("a")).await])
        }),
    ]
}

fn lengths() -> Vec<Case> {
    vec![
        case(
            "a token has 36 characters at most",
            json!([{}, invalid_request(), { "n": 1 }]),
            |at| async move {
                zero(&at).await;
                let token = format!("{:t<36}", token(&at, "t"));
                let longer = format!("{token}t");
                json!([
                    raise(&at, &token, 1).await,
                    raise(&at, &longer, 1).await,
                    at.item(&at.key("a")).await
                ])
            },
        )
        .moto(json!([{}, {}, { "n": 2 }]), UNKNOWN),
        case("and one at least", json!([invalid_request(), { "n": 0 }]), |at| async move {
            zero(&at).await;
            json!([raise(&at, "", 1).await, at.item(&at.key("a")).await])
        })
        .moto(json!([{}, { "n": 1 }]), UNKNOWN),
    ]
}
