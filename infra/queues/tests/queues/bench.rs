//! Queues on a file that can be closed and opened again, on a clock that the test holds.

use scrip_clock::{Clock, SignedDuration};
use scrip_queues::{QueueSpec, Queues, Redrive, Storage};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const BASE_URL: &str = "http://127.0.0.1:9400/local/aws";

pub(crate) struct Bench {
    directory: TempDir,
    pub(crate) clock: Clock,
    specs: Vec<QueueSpec>,
    pub(crate) queues: Queues,
}

/// `work`, whose messages go to `dead` after `max_receive_count` receives.
pub(crate) fn work_and_dead(max_receive_count: u32) -> Vec<QueueSpec> {
    let redrive = Redrive { dead_letter_queue: "dead".into(), max_receive_count };
    let dead = QueueSpec { message_retention_seconds: 1_209_600, ..QueueSpec::new("dead") };
    vec![QueueSpec { redrive: Some(redrive), ..QueueSpec::new("work") }, dead]
}

impl Bench {
    pub(crate) fn new(specs: Vec<QueueSpec>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::standing();
        let storage = Storage::UnsyncedFile(directory.path().join("queues.db"));
        let queues = Queues::open(&storage, BASE_URL, specs.clone(), clock.clone()).unwrap();
        Self { directory, clock, specs, queues }
    }

    pub(crate) fn reopen(&mut self) {
        self.reopen_with(self.specs.clone());
    }

    pub(crate) fn reopen_with(&mut self, specs: Vec<QueueSpec>) {
        let storage = Storage::UnsyncedFile(self.directory.path().join("queues.db"));
        self.queues = Queues::open(&Storage::Memory, BASE_URL, vec![], self.clock.clone()).unwrap();
        self.queues = Queues::open(&storage, BASE_URL, specs.clone(), self.clock.clone()).unwrap();
        self.specs = specs;
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.queues.wake();
    }

    /// The body of a successful answer.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Value {
        let (status, body) = self.answer(operation, request);
        assert_eq!(status, 200, "{operation} {request}: {body}");
        body
    }

    /// The kind of error, without its namespace.
    pub(crate) fn error(&self, operation: &str, request: &Value) -> String {
        let (status, body) = self.answer(operation, request);
        assert!(status >= 400, "{operation} {request}: {body}");
        body["__type"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> (u16, Value) {
        self.queues.handle_aws(&format!("AmazonSQS.{operation}"), request.to_string().as_bytes())
    }

    pub(crate) fn send(&self, queue: &str, body: &str) -> String {
        let sent = self.call("SendMessage", &json!({"QueueUrl": url(queue), "MessageBody": body}));
        sent["MessageId"].as_str().unwrap().to_owned()
    }

    pub(crate) fn receive(&self, queue: &str) -> Vec<Value> {
        let request = json!({
            "QueueUrl": url(queue),
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        self.call("ReceiveMessage", &request)["Messages"].as_array().cloned().unwrap_or_default()
    }

    pub(crate) fn bodies(&self, queue: &str) -> Vec<String> {
        self.receive(queue).iter().map(|message| text(message, "Body")).collect()
    }

    pub(crate) fn delete(&self, queue: &str, message: &Value) {
        let handle = &message["ReceiptHandle"];
        self.call("DeleteMessage", &json!({"QueueUrl": url(queue), "ReceiptHandle": handle}));
    }

    /// Visible, in flight, delayed.
    pub(crate) fn depth(&self, queue: &str) -> (u64, u64, u64) {
        let depths = self.queues.depths().unwrap();
        let depth = depths.into_iter().find(|depth| depth.name == queue).unwrap();
        (depth.visible, depth.in_flight, depth.delayed)
    }
}

pub(crate) fn url(queue: &str) -> String {
    format!("{BASE_URL}/000000000000/{queue}")
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}")).to_owned()
}
