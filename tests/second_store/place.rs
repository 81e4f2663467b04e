//! Where a case is asked: a DynamoDB, with one table for all cases, in which each has keys of its own.

use super::told::{self, attribute};
use aws_sdk_dynamodb::Client;
use scrip_store::{Deadline, Key, PageRequest, Query, Raw, Store, Transaction, Write, encode};
use scrip_test_support::aws_at;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(super) const TABLE: &str = "second-store";
/// The index that holds whole items, the one that holds keys alone, and the one that holds `n` with them; all by `owner`, in
/// the order of `opened`.
pub(super) const WHOLE: &str = "whole";
pub(super) const KEYS: &str = "keys";
pub(super) const SOME: &str = "some";
/// Moto keeps tables by regions that exist.
const REGION: &str = "us-east-1";
/// Long beyond what a case takes: what is asked here is never busy.
const CASE_SECONDS: u64 = 60;

pub(super) struct Server {
    client: Client,
    http: reqwest::Client,
    address: String,
}

/// A server, and the case that is asked of it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) store: Store,
    http: reqwest::Client,
    address: String,
    case: &'static str,
}

impl Server {
    /// A server without tables of ours.
    pub(super) async fn at(address: &str) -> Self {
        let client = Client::new(&aws_at(address, REGION));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let server = Self { client, http, address: address.to_owned() };
        let place = server.place("");
        place.wire("DeleteTable", json!({ "TableName": TABLE })).await;
        let index = |name: &str, projection: &str| {
            json!({ "IndexName": name, "KeySchema": schema("owner", "opened"),
                    "Projection": { "ProjectionType": projection } })
        };
        let mut some = index(SOME, "INCLUDE");
        some["Projection"]["NonKeyAttributes"] = json!(["n"]);
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("pk"), text("sk"), text("owner"), text("opened")],
            "KeySchema": schema("pk", "sk"),
            "GlobalSecondaryIndexes": [index(WHOLE, "ALL"), index(KEYS, "KEYS_ONLY"), some],
        });
        let created = place.wire("CreateTable", table).await;
        assert!(created.get("TableDescription").is_some(), "{created}");
        server
    }

    pub(super) fn place(&self, case: &'static str) -> Place {
        let patience = Duration::from_secs(CASE_SECONDS);
        let deadline = Deadline::new(Instant::now() + patience, patience);
        Place {
            store: Store::new(self.client.clone(), deadline),
            http: self.http.clone(),
            address: self.address.clone(),
            case,
        }
    }
}

fn schema(hash: &str, range: &str) -> Value {
    json!([
        { "AttributeName": hash, "KeyType": "HASH" },
        { "AttributeName": range, "KeyType": "RANGE" },
    ])
}

impl Place {
    /// A text that only this case has.
    pub(super) fn own(&self, name: &str) -> String {
        format!("{}#{name}", self.case)
    }

    pub(super) fn key(&self, name: &str) -> Key {
        self.key_at(name, "-")
    }

    pub(super) fn key_at(&self, name: &str, sk: &str) -> Key {
        Key::new(self.own(name), sk)
    }

    /// The key in the words of the JSON protocol.
    pub(super) fn wire_key(&self, name: &str) -> Value {
        json!({ "pk": { "S": self.own(name) }, "sk": { "S": "-" } })
    }

    /// Puts an item with these plain attributes, whatever is there.
    pub(super) async fn put(&self, key: &Key, attributes: &Value) {
        let told = self.commit([Write::put(TABLE, encode(key, attributes).unwrap())]).await;
        assert_eq!(told, "done", "{}", self.case);
    }

    /// The item's plain attributes; null if there is none.
    pub(super) async fn item(&self, key: &Key) -> Value {
        let item = self.store.get(TABLE, key).await.unwrap();
        item.map_or(Value::Null, |item| told::plain(&item))
    }

    /// Commits writes, and tells the place of the first that is refused, with the item that it met.
    pub(super) async fn commit(&self, writes: impl IntoIterator<Item = Write>) -> Value {
        let mut transaction = Transaction::new();
        for (place, write) in writes.into_iter().enumerate() {
            transaction.require(write, move |item| told::refused_at(place, item.as_ref()));
        }
        told::outcome(self.store.commit(transaction).await)
    }

    /// One page of a query: the sort keys, and whether there is more.
    pub(super) async fn page(
        &self,
        query: &Query,
        limit: u32,
        after: Option<String>,
    ) -> (Value, Option<String>) {
        match self.store.page(query, &PageRequest { limit, after }).await {
            Ok(page) => (page.items.iter().map(|item| json!(Key::of(item).unwrap().sk)).collect(), page.next),
            Err(failure) => (told::failed(&failure), None),
        }
    }

    /// The names of the items that are found of these, in the order in which they are asked for.
    pub(super) async fn read(&self, names: &[&str]) -> Value {
        let addresses: Vec<_> = names.iter().map(|name| self.key(name).at(TABLE)).collect();
        let found: Result<Vec<Option<Raw>>, _> = self.store.read(addresses).await;
        let name = |Raw(item): &Raw| Key::of(item).unwrap().pk.trim_start_matches(&self.own("")).to_owned();
        match found {
            Ok(found) => json!(found.iter().map(|found| found.as_ref().map(name)).collect::<Vec<_>>()),
            Err(failure) => told::failed(&failure),
        }
    }

    /// What the server itself answers, without what a case is not about: capacity, texts of errors but those of
    /// cancellation reasons, and what keys have before their names.
    pub(super) async fn wire(&self, operation: &str, request: Value) -> Value {
        self.wire_text(operation, request.to_string()).await
    }

    pub(super) async fn wire_text(&self, operation: &str, body: String) -> Value {
        let scope = format!("Credential=any/20260101/{REGION}/dynamodb/aws4_request");
        let request = self
            .http
            .post(&self.address)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=any"))
            .body(body);
        let text = request.send().await.unwrap().text().await.unwrap();
        let Ok(mut answer) = serde_json::from_str::<Value>(&text.replace(&self.own(""), "")) else {
            return json!("no JSON");
        };
        forget_stamps(&mut answer);
        let Some(kind) = answer["__type"].as_str() else {
            let answer = answer.as_object_mut().unwrap();
            answer.retain(|name, _| !matches!(name.as_str(), "ConsumedCapacity" | "ItemCollectionMetrics"));
            return json!(answer);
        };
        let mut told = json!({ "error": kind.rsplit('#').next() });
        for (name, kept) in [("CancellationReasons", "reasons"), ("Item", "item")] {
            if !answer[name].is_null() {
                told[kept] = answer[name].take();
            }
        }
        told
    }
}

/// Takes the marks of single writes out of the items of an answer.
fn forget_stamps(answer: &mut Value) {
    let reasons = answer.get_mut("CancellationReasons").and_then(Value::as_array_mut);
    for reason in reasons.into_iter().flatten() {
        forget_stamps(reason);
    }
    if let Some(item) = answer.get_mut("Item").and_then(Value::as_object_mut) {
        item.remove("stamp");
    }
}

/// Gives a write its names and plain values by the placeholders that stand for them.
pub(super) fn with(write: Write, placeholders: &Value) -> Write {
    placeholders.as_object().into_iter().flatten().fold(write, |write, (placeholder, value)| {
        match value.as_str().filter(|_| placeholder.starts_with('#')) {
            Some(name) => write.name(placeholder, name),
            None => write.value(placeholder, attribute(value)),
        }
    })
}
