//! A small application on the platform, whose functions tell what they were given.

use crate::{ClockMode, Options, Platform, Running, Source, StartError};
use aws_sdk_dynamodb::types::AttributeValue;
use scrip_clock::{Clock, SignedDuration, Timestamp};
use scrip_function::{Caller, Invocation, Line, Log, Operation, Outcome, Trigger};
use scrip_http::{Answer, Call, Reply, path};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_sam::Templates;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What functions were given, and what they are to do.
#[derive(Default)]
pub(super) struct Probe {
    pub(super) authorizations: AtomicUsize,
    /// The keys of each batch of the stream.
    pub(super) batches: Mutex<Vec<Vec<String>>>,
    /// The bodies of each batch of the queue.
    pub(super) messages: Mutex<Vec<Vec<String>>>,
    /// When which alarm rang.
    pub(super) rings: Mutex<Vec<(String, Timestamp)>>,
    /// Keys and bodies that functions report as failed.
    pub(super) refused: Mutex<BTreeSet<String>>,
    pub(super) lines: Mutex<Vec<Value>>,
    /// A request is held.
    pub(super) held: Notify,
    /// It may be answered.
    pub(super) released: Notify,
}

path! {
    OfThing { thing: String = |text: &str| Ok(text.to_owned()) }
}

struct ProbeLog(&'static Probe);

impl Log for ProbeLog {
    fn write(&self, line: &Line<'_>) {
        self.0.lines.lock().unwrap().push(line.to_json());
    }
}

impl Probe {
    pub(super) fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    pub(super) fn authorizations(&self) -> usize {
        self.authorizations.load(Ordering::SeqCst)
    }

    pub(super) fn refuse(&self, key: &str) {
        self.refused.lock().unwrap().insert(key.to_owned());
    }

    fn refuses(&self, key: &str) -> bool {
        self.refused.lock().unwrap().contains(key)
    }

    fn operations(&'static self) -> Vec<Operation> {
        let http = |operation: Operation| operation.callers(&[Caller::User]);
        let authorize = move |event: Value| ready(self.authorize(&event));
        let collect = move |event: Value| ready(Ok(self.collect(&event)));
        let work = move |event: Value| ready(Ok(self.work(&event)));
        let ring = move |invocation: Invocation, input: Value| self.ring(invocation, input);
        vec![
            Operation::event("authorize", "Tell who calls", Trigger::Authorizer, authorize),
            http(Operation::http("show", "Show a thing", show))
                .refuses(&[Code::NotFound])
                .response::<String>(200),
            http(Operation::http("make", "Make a thing", make)).request::<String>().response::<String>(201),
            http(Operation::http("crash", "Crash", crash)),
            http(Operation::http("hold", "Hold", move |_: Call| self.hold())),
            Operation::event("collect", "Collect records", Trigger::Stream, collect),
            Operation::event("do-work", "Work", Trigger::Queue, work),
            Operation::task("ring", "Ring", ring),
        ]
    }

    fn authorize(&self, event: &Value) -> Outcome<Value> {
        self.authorizations.fetch_add(1, Ordering::SeqCst);
        let policy = |effect: &str| {
            let statement = json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": "*" });
            let context = json!({ "kind": "user", "user": "alice", "scope": "", "count": 1 });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
            Ok(json!({ "principalId": "alice", "policyDocument": policy, "context": context }))
        };
        match event["headers"]["authorization"].as_str() {
            Some("Bearer alice") => policy("Allow"),
            Some("Bearer mallory") => policy("Deny"),
            Some("Bearer broken") => Err(Failure::broken("no keys")),
            _ => Err(Refusal::new(Code::Unauthenticated, "no").into()),
        }
    }

    fn collect(&self, event: &Value) -> Value {
        let records = event["Records"].as_array().unwrap();
        let key = |record: &Value| record["dynamodb"]["NewImage"]["pk"]["S"].as_str().unwrap().to_owned();
        self.batches.lock().unwrap().push(records.iter().map(key).collect());
        let failed = records.iter().find(|record| self.refuses(&key(record)));
        let failed = failed.map(|record| json!({ "itemIdentifier": record["dynamodb"]["SequenceNumber"] }));
        json!({ "batchItemFailures": failed.into_iter().collect::<Vec<_>>() })
    }

    fn work(&self, event: &Value) -> Value {
        let records = event["Records"].as_array().unwrap();
        let body = |record: &Value| record["body"].as_str().unwrap().to_owned();
        self.messages.lock().unwrap().push(records.iter().map(body).collect());
        let failed = records.iter().filter(|record| self.refuses(&body(record)));
        let failed: Vec<Value> =
            failed.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
        json!({ "batchItemFailures": failed })
    }

    async fn hold(&self) -> Answer {
        self.held.notify_one();
        self.released.notified().await;
        Reply::no_content()
    }

    /// Writes an item, so that the stream has something to tell at that moment.
    async fn ring(&self, invocation: Invocation, input: Value) -> Outcome<Value> {
        let name = input["name"].as_str().unwrap().to_owned();
        self.rings.lock().unwrap().push((name.clone(), invocation.world.clock.now()));
        let client = aws_sdk_dynamodb::Client::new(&invocation.world.aws);
        let table = invocation.world.environment.get("TABLE")?;
        put(&client, table, &format!("ring-{name}")).await;
        Ok(json!({ "rung": name }))
    }
}

async fn show(call: Call<OfThing>) -> Answer {
    Reply::ok(&json!({
        "thing": call.path.thing()?,
        "q": call.query("q"),
        "user": call.user()?.id,
    }))
}

async fn make(call: Call) -> Answer {
    Reply::created(&call.body::<Value>()?)
}

async fn crash(_: Call) -> Answer {
    panic!("of all things")
}

/// Puts an item with that key.
pub(super) async fn put(client: &aws_sdk_dynamodb::Client, table: &str, key: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name(table).item("pk", text(key)).item("sk", text("-"));
    put.send().await.unwrap();
}

pub(super) const TEMPLATE: &str = include_str!("template.yaml");

pub(super) fn source() -> Source {
    let definitions =
        BTreeMap::from([("alarm.asl.json".to_owned(), include_str!("alarm.asl.json").to_owned())]);
    Source { templates: Templates::alone(TEMPLATE), definitions }
}

pub(super) fn options(probe: &'static Probe, data: Option<&Path>) -> Options {
    Options {
        port: 0,
        data: data.map(PathBuf::from),
        operations: probe.operations(),
        source: source(),
        log: Arc::new(ProbeLog(probe)),
        clock: ClockMode::Standing { from: Clock::system().now() },
        contention: false,
        issuer: None,
        wire: None,
        parameters: Vec::new(),
    }
}

pub(super) async fn start(probe: &'static Probe, data: Option<&Path>) -> Running {
    Platform::start(options(probe, data)).await.unwrap()
}

pub(super) async fn start_error(options: Options) -> StartError {
    Platform::start(options).await.err().unwrap()
}

impl Running {
    pub(super) fn table(&self) -> String {
        self.application().tables[0].name.clone()
    }

    pub(super) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(self.aws())
    }

    pub(super) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(self.aws())
    }

    pub(super) fn queue(&self, logical_id: &str) -> String {
        self.application().queues.iter().find(|queue| queue.logical_id == logical_id).unwrap().url.clone()
    }

    /// A request with an optional token; the status, the headers and the body.
    pub(super) async fn request(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> (u16, reqwest::header::HeaderMap, Value) {
        let url = format!("{}{path}", self.base_url());
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        (status, headers, body)
    }

    pub(super) async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let (status, _, body) = self.request("GET", path, token, "").await;
        (status, body)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.request("POST", path, None, body.to_string()).await;
        (status, body)
    }
}

pub(super) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
