//! Several items in one read.
//!
//! Source: API, `BatchGetItem`: up to 100 items and 16 MB, of which what is left is told as unprocessed.

use super::case::{Case, case};
use super::place::{Place, TABLE};
use super::told::invalid_request;
use serde_json::{Value, json};

const BIG_BYTES: usize = 390_000;
/// More than 16 MB of them.
const MANY: usize = 45;
/// As many of them are 16 MB.
const WITHIN: usize = 43;

async fn fill(at: &Place, names: &[String], bytes: usize) {
    for name in names {
        at.put(&at.key(name), &json!({ "t": "t".repeat(bytes) })).await;
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("{place:03}")).collect()
}

async fn get(at: &Place, names: &[&str]) -> Value {
    let keys: Vec<_> = names.iter().map(|name| at.wire_key(name)).collect();
    at.wire("BatchGetItem", json!({ "RequestItems": { TABLE: { "Keys": keys, "ConsistentRead": true } } }))
        .await
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "items come in the order in which they are asked for",
            json!(["b", null, "a"]),
            |at| async move {
                fill(&at, &["a".into(), "b".into()], 1).await;
                at.read(&["b", "none", "a"]).await
            },
        ),
        case("one that is asked for twice comes twice", json!(["a", "a"]), |at| async move {
            fill(&at, &["a".into()], 1).await;
            at.read(&["a", "a"]).await
        }),
        case("more than 100 come in parts", json!([150, true]), |at| async move {
            let names = names(150);
            fill(&at, &names[100..], 1).await;
            let asked: Vec<_> = names.iter().map(String::as_str).collect();
            let found = at.read(&asked).await;
            let expected: Vec<_> = (0..150).map(|place| (place >= 100).then_some(asked[place])).collect();
            json!([found.as_array().map(Vec::len), found == json!(expected)])
        }),
        case("what is more than 16 MB is asked for again", json!([MANY, true]), |at| async move {
            let names = names(MANY);
            fill(&at, &names, BIG_BYTES).await;
            let asked: Vec<_> = names.iter().map(String::as_str).collect();
            let found = at.read(&asked).await;
            json!([found.as_array().map(Vec::len), found == json!(asked)])
        }),
        case("what is left of 16 MB is told", json!([WITHIN, MANY - WITHIN]), |at| async move {
            let names = names(MANY);
            fill(&at, &names, BIG_BYTES).await;
            let answer = get(&at, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
            let count = |list: &Value| list.as_array().map_or(0, Vec::len);
            json!([count(&answer["Responses"][TABLE]), count(&answer["UnprocessedKeys"][TABLE]["Keys"])])
        }),
        case(
            "nothing is found, and all is processed",
            json!({ "Responses": { TABLE: [] }, "UnprocessedKeys": {} }),
            |at| async move { get(&at, &["none"]).await },
        ),
        case("no key twice", invalid_request(), |at| async move { get(&at, &["a", "a"]).await }),
        case("no more than 100 keys", invalid_request(), |at| async move {
            get(&at, &names(101).iter().map(String::as_str).collect::<Vec<_>>()).await
        }),
        case(
            "a table that is not there is not read",
            json!({ "error": "ResourceNotFoundException" }),
            |at| async move {
                let keys = json!([at.wire_key("a")]);
                at.wire("BatchGetItem", json!({ "RequestItems": { "no-table": { "Keys": keys } } })).await
            },
        ),
    ]
}
