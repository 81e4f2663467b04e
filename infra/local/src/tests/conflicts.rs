//! Writes that meet at an item, held to what DynamoDB's documents have: API Reference, `TransactionCanceledException` and
//! `TransactionConflictException`; Developer Guide, "Transaction conflict handling in DynamoDB". No other store that we
//! know plays this.

use crate::aws::{Answer, Aws, configuration};
use crate::store::{Durability, TableStore};
use aws_sdk_dynamodb::Client;
use futures::poll;
use scrip_refusal::{Code, Refusal};
use scrip_store::{Deadline, Key, Store, Transaction, Write, number};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TABLE: &str = "bills";

/// Tables under contention, with items `a`, `b` and `c` whose number is 0.
struct Place {
    aws: Aws,
    store: TableStore,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = TableStore::open(&folder.path().join("tables.sqlite"), Durability::Fleeting).unwrap();
        let aws = Aws::of_tables(store.clone()).with_contention(&[]);
        let place = Self { aws, store, _folder: folder };
        let text = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name, kind| json!({ "AttributeName": name, "KeyType": kind });
        let table = json!({ "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("pk"), text("sk")], "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")] });
        assert_eq!(place.call("CreateTable", &table).await.0, 200);
        for name in ["a", "b", "c"] {
            let mut item = address(name);
            item["n"] = json!({ "N": "0" });
            assert_eq!(place.call("PutItem", &json!({ "TableName": TABLE, "Item": item })).await.0, 200);
        }
        place
    }

    async fn call(&self, operation: &str, request: &Value) -> (u16, Value) {
        let target = format!("DynamoDB_20120810.{operation}");
        told(&self.aws.answer(&target, request.to_string().as_bytes()).await)
    }

    /// Lets no request be answered until the sender is used or gone. It is the store's thread that waits.
    fn held(&self) -> (impl Future<Output = ()> + use<>, mpsc::Sender<()>) {
        let (release, released) = mpsc::channel();
        let store = self.store.clone();
        let waiting = async move {
            let _ = store.with(move |_| released.recv()).await;
        };
        (waiting, release)
    }
}

fn told(answer: &Answer) -> (u16, Value) {
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn address(name: &str) -> Value {
    json!({ "pk": { "S": name }, "sk": { "S": "-" } })
}

/// A transaction that raises the numbers of these items.
fn raise(names: &[&str]) -> Value {
    let update = |name: &&str| {
        json!({ "Update": { "TableName": TABLE, "Key": address(name), "UpdateExpression": "SET n = n + :one",
            "ExpressionAttributeValues": { ":one": { "N": "1" } } } })
    };
    json!({ "TransactItems": names.iter().map(update).collect::<Vec<_>>() })
}

fn kind(answer: &Value) -> &str {
    answer["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meets_a_transaction_is_refused_as_documented() {
    let place = Place::new().await;
    let (held, release) = place.held();
    let mut held = pin!(held);
    assert!(poll!(&mut held).is_pending());
    let request = raise(&["a", "b"]);
    let mut first = pin!(place.call("TransactWriteItems", &request));
    assert!(poll!(&mut first).is_pending());

    let (status, met) = place.call("TransactWriteItems", &raise(&["c", "b"])).await;
    assert_eq!((status, kind(&met)), (400, "TransactionCanceledException"));
    let conflict = json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
    assert_eq!(met["CancellationReasons"], json!([{ "Code": "None" }, conflict]));

    let delete = json!({ "TableName": TABLE, "Key": address("a") });
    let (status, met) = place.call("DeleteItem", &delete).await;
    assert_eq!((status, kind(&met)), (400, "TransactionConflictException"));

    release.send(()).unwrap();
    assert_eq!(first.await.0, 200);
    held.await;
    assert_eq!(place.call("TransactWriteItems", &raise(&["c", "b"])).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_meets_a_transaction_takes_place_after_it_and_once() {
    let place = Place::new().await;
    let client = Client::new(&configuration(&place.aws, "http://tables.local"));
    let patience = Duration::from_mins(1);
    let store = Store::new(client, Deadline::new(Instant::now() + patience, patience));
    let (held, release) = place.held();
    let mut held = pin!(held);
    assert!(poll!(&mut held).is_pending());
    let request = raise(&["a", "b"]);
    let mut first = pin!(place.call("TransactWriteItems", &request));
    assert!(poll!(&mut first).is_pending());

    let key = |name: &str| Key::new(name, "-");
    let mut transaction = Transaction::new();
    for name in ["b", "c"] {
        let raised = Write::update(TABLE, key(name), "SET n = n + :one").value(":one", 1);
        transaction.require(raised, |_| Refusal::new(Code::NotFound, "It is not refused."));
    }
    // Once it is sent a second time, it has met the first.
    let let_go = async {
        while store.meter().usage().round_trips < 2 {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
    };
    let (committed, first, ()) = futures::join!(store.commit(transaction), first, let_go);
    assert!(committed.is_ok() && first.0 == 200, "{committed:?}, {first:?}");
    held.await;
    for (name, raised) in [("a", 1), ("b", 2), ("c", 1)] {
        let item = store.get(TABLE, &key(name)).await.unwrap().unwrap();
        assert_eq!(number(&item, "n"), Some(raised), "{name}");
    }
}
