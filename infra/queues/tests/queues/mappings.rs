//! What functions are given, and what becomes of what they answer.

use crate::bench::{Bench, text, url, work_and_dead};
use aws_lambda_events::sqs::SqsEvent;
use futures::FutureExt;
use futures::future::BoxFuture;
use scrip_queues::{Consumer, Mapping, Poller, QueueSpec, Queues};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

type Answering = dyn Fn(&Value) -> Result<Value, String> + Send + Sync;

type Answer = fn(&Value) -> Result<Value, String>;

/// Notes every event and answers with a function of it.
pub(crate) struct Functions {
    pub(crate) events: Mutex<Vec<(String, Value)>>,
    pub(crate) returned: Mutex<Vec<String>>,
    answer: Box<Answering>,
}

impl Functions {
    pub(crate) fn new(answer: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { events: Mutex::default(), returned: Mutex::default(), answer: Box::new(answer) })
    }

    fn succeeding() -> Arc<Self> {
        Self::new(|_| Ok(Value::Null))
    }

    /// The bodies of each invocation.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.events.lock().unwrap().iter().map(|(_, event)| bodies(event)).collect()
    }
}

impl Consumer for Functions {
    fn invoke(&self, function: String, event: Value) -> BoxFuture<'static, Result<Value, String>> {
        self.events.lock().unwrap().push((function, event.clone()));
        let answer = (self.answer)(&event);
        async move { answer }.boxed()
    }

    fn returned(&self, _function: &str, _messages: usize, reason: &str) {
        self.returned.lock().unwrap().push(reason.to_owned());
    }
}

pub(crate) fn bodies(event: &Value) -> Vec<String> {
    event["Records"].as_array().unwrap().iter().map(|record| text(record, "body")).collect()
}

fn poller(bench: &Bench, mapping: Mapping, functions: &Arc<Functions>) -> Poller {
    Poller::new(bench.queues.clone(), vec![mapping], Arc::clone(functions) as Arc<dyn Consumer>).unwrap()
}

/// What the platform does when its clock is advanced.
async fn advance(bench: &Bench, poller: &Poller, seconds: i64) {
    let target = bench.clock.now() + scrip_clock::SignedDuration::from_secs(seconds);
    poller.run_until_idle().await.unwrap();
    while let Some(due) = poller.next_due().unwrap().filter(|due| *due <= target) {
        bench.clock.advance_to(due);
        poller.run_until_idle().await.unwrap();
    }
    bench.clock.advance_to(target);
}

#[tokio::test]
async fn a_function_gets_the_event_that_lambda_makes() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::succeeding();
    let attributes = json!({
        "raw": {"DataType": "Binary", "BinaryValue": "AP8="},
        "n": {"DataType": "Number", "StringValue": "7"},
    });
    let request = json!({"QueueUrl": url("work"), "MessageBody": "derp", "MessageAttributes": attributes});
    let sent = bench.call("SendMessage", &request);

    poller(&bench, Mapping::new("work", "confirm"), &functions).run_until_idle().await.unwrap();

    let (function, mut event) = functions.events.lock().unwrap()[0].clone();
    assert_eq!(function, "confirm");
    let typed: SqsEvent = serde_json::from_value(event.clone()).unwrap();
    assert_eq!(typed.records[0].message_attributes["n"].string_value.as_deref(), Some("7"));
    assert_eq!(typed.records[0].message_attributes["raw"].binary_value.as_ref().unwrap().0, [0, 255]);

    let record = event["Records"][0].as_object_mut().unwrap();
    assert!(record.remove("receiptHandle").unwrap().is_string());
    let times = record["attributes"].as_object_mut().unwrap();
    for time in ["SentTimestamp", "ApproximateFirstReceiveTimestamp"] {
        let time: i64 = times.remove(time).unwrap().as_str().unwrap().parse().unwrap();
        assert!((0..60_000).contains(&(bench.clock.now().as_millisecond() - time)));
    }
    assert_eq!(
        event,
        json!({"Records": [{
            "messageId": sent["MessageId"],
            "body": "derp",
            "attributes": {"ApproximateReceiveCount": "1", "SenderId": "000000000000"},
            "messageAttributes": {
                "n": {"stringValue": "7", "dataType": "Number", "stringListValues": [], "binaryListValues": []},
                "raw": {"binaryValue": "AP8=", "dataType": "Binary", "stringListValues": [], "binaryListValues": []},
            },
            "md5OfBody": "58fd9edd83341c29f1aebba81c31e257",
            "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:local:000000000000:work",
            "awsRegion": "local",
        }]})
    );
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[tokio::test]
async fn a_poison_message_goes_aside_and_takes_no_good_one_with_it() {
    let bench = Bench::new(work_and_dead(3));
    let functions = Functions::new(|event| {
        let failed = event["Records"].as_array().unwrap().iter().filter(|record| record["body"] == "poison");
        let failed: Vec<Value> =
            failed.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
        Ok(json!({ "batchItemFailures": failed }))
    });
    for body in ["a", "poison", "b"] {
        bench.send("work", body);
    }
    let mapping = Mapping { report_batch_item_failures: true, ..Mapping::new("work", "confirm") };
    let poller = poller(&bench, mapping, &functions);

    poller.run_until_idle().await.unwrap();
    assert_eq!(bench.depth("work"), (0, 1, 0), "only the failed one is kept");
    bench.send("work", "c");
    advance(&bench, &poller, 600).await;

    let mut delivered = functions.batches().concat();
    delivered.sort();
    assert_eq!(delivered, ["a", "b", "c", "poison", "poison", "poison"]);
    assert_eq!(bench.depth("work"), (0, 0, 0));
    assert_eq!(bench.bodies("dead"), ["poison"]);
    assert_eq!(poller.next_due().unwrap(), None);
}

#[tokio::test]
async fn what_fails_as_a_whole_returns_as_a_whole() {
    fn panics(_: &Value) -> Result<Value, String> {
        panic!("a fault in the function")
    }
    let unreadable = |_: &Value| Ok(json!({"batchItemFailures": [{"itemIdentifier": "unknown"}]}));
    let failing: [Answer; 3] = [|_| Err("refused".into()), panics, unreadable];
    for answer in failing {
        let bench = Bench::new(work_and_dead(3));
        let functions = Functions::new(answer);
        bench.send("work", "a");
        bench.send("work", "b");
        let mapping = Mapping { report_batch_item_failures: true, ..Mapping::new("work", "confirm") };
        let poller = poller(&bench, mapping, &functions);

        poller.run_until_idle().await.unwrap();
        assert_eq!(bench.depth("work"), (0, 2, 0));
        assert_eq!(functions.returned.lock().unwrap().len(), 1);

        advance(&bench, &poller, 600).await;
        assert_eq!(bench.depth("dead"), (2, 0, 0));
    }
}

#[tokio::test]
async fn without_reporting_an_answer_is_success_whatever_it_says() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::new(|_| Ok(json!({"batchItemFailures": [{"itemIdentifier": "x"}]})));
    bench.send("work", "a");
    poller(&bench, Mapping::new("work", "confirm"), &functions).run_until_idle().await.unwrap();
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[tokio::test]
async fn a_batch_waits_for_its_window_unless_it_is_full() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::succeeding();
    let mapping =
        Mapping { batch_size: 3, maximum_batching_window_seconds: 60, ..Mapping::new("work", "confirm") };
    let poller = poller(&bench, mapping, &functions);
    let first = bench.clock.now();
    bench.send("work", "a");
    bench.send("work", "b");

    advance(&bench, &poller, 30).await;
    assert!(functions.batches().is_empty());
    let due = poller.next_due().unwrap().unwrap().duration_since(first).as_millis();
    assert!((60_000..70_000).contains(&due), "{due}");
    advance(&bench, &poller, 30).await;
    assert_eq!(functions.batches(), [["a", "b"]]);

    for body in ["c", "d", "e", "f"] {
        bench.send("work", body);
    }
    poller.run_until_idle().await.unwrap();
    assert_eq!(functions.batches()[1..], [["c", "d", "e"]]);
    assert_eq!(bench.depth("work"), (1, 0, 0), "the rest waits for the window");
}

/// Lambda takes 6 MiB, so ten messages of 900 KB are two batches.
#[tokio::test]
async fn an_event_is_no_larger_than_lambda_takes() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::succeeding();
    let body = "x".repeat(900_000);
    for _ in 0..10 {
        bench.send("work", &body);
    }

    poller(&bench, Mapping::new("work", "confirm"), &functions).run_until_idle().await.unwrap();

    let sizes: Vec<usize> = functions.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [6, 4]);
}

#[tokio::test]
async fn delayed_messages_are_delivered_in_the_order_they_are_due() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::succeeding();
    let poller = poller(&bench, Mapping::new("work", "confirm"), &functions);
    for delay in [600, 60, 0] {
        let request =
            json!({"QueueUrl": url("work"), "MessageBody": delay.to_string(), "DelaySeconds": delay});
        bench.call("SendMessage", &request);
    }

    advance(&bench, &poller, 599).await;
    assert_eq!(functions.batches(), [["0"], ["60"]]);
    advance(&bench, &poller, 1).await;
    assert_eq!(functions.batches().len(), 3);
}

#[tokio::test]
async fn what_a_function_sends_is_delivered_too() {
    let bench = Bench::new(vec![QueueSpec::new("first"), QueueSpec::new("second")]);
    let queues = bench.queues.clone();
    let functions = Functions::new(move |event| {
        if event["Records"][0]["eventSourceARN"] == "arn:aws:sqs:local:000000000000:second" {
            for body in bodies(event) {
                send(&queues, "first", &format!("{body}, and back"));
            }
        }
        Ok(Value::Null)
    });
    let mappings = vec![Mapping::new("first", "one"), Mapping::new("second", "two")];
    let consumer = Arc::clone(&functions) as Arc<dyn Consumer>;
    let poller = Poller::new(bench.queues.clone(), mappings, consumer).unwrap();
    bench.send("second", "there");

    poller.run_until_idle().await.unwrap();

    assert_eq!(functions.batches(), [["there"], ["there, and back"]]);
}

/// Its dead letters are read by a mapping that stands before the one whose receive moves them.
#[tokio::test]
async fn dead_letters_are_delivered_to_their_own_function() {
    let bench = Bench::new(work_and_dead(1));
    let functions = Functions::new(|event| {
        let is_dead = event["Records"][0]["eventSourceARN"] == "arn:aws:sqs:local:000000000000:dead";
        if is_dead { Ok(Value::Null) } else { Err("refused".to_owned()) }
    });
    let mappings = vec![Mapping::new("dead", "report"), Mapping::new("work", "confirm")];
    let consumer = Arc::clone(&functions) as Arc<dyn Consumer>;
    let poller = Poller::new(bench.queues.clone(), mappings, consumer).unwrap();
    bench.send("work", "bad");

    advance(&bench, &poller, 60).await;

    let invoked: Vec<String> =
        functions.events.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(invoked, ["confirm", "report"]);
}

#[tokio::test]
async fn a_mapping_that_is_not_enabled_leaves_its_queue_alone() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let functions = Functions::succeeding();
    bench.send("work", "a");
    let mapping = Mapping { enabled: false, ..Mapping::new("work", "confirm") };
    let poller = poller(&bench, mapping, &functions);

    poller.run_until_idle().await.unwrap();

    assert_eq!(poller.next_due().unwrap(), None);
    assert_eq!(bench.depth("work"), (1, 0, 0));
}

#[test]
fn mappings_outside_of_lambdas_limits_are_refused() {
    let still = QueueSpec { visibility_timeout_seconds: 0, ..QueueSpec::new("still") };
    let bench = Bench::new(vec![QueueSpec::new("work"), still]);
    let work = || Mapping::new("work", "confirm");
    for (mapping, reason) in [
        (Mapping::new("absent", "confirm"), "not declared"),
        (Mapping::new("still", "confirm"), "visibility timeout"),
        (Mapping { batch_size: 0, ..work() }, "batch_size"),
        (Mapping { batch_size: 11, ..work() }, "needs a batching window"),
        (Mapping { maximum_batching_window_seconds: 301, ..work() }, "maximum_batching_window_seconds"),
        (Mapping { maximum_concurrency: Some(1), ..work() }, "maximum_concurrency"),
    ] {
        let error = Poller::new(bench.queues.clone(), vec![mapping], Functions::succeeding()).err().unwrap();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

pub(crate) fn send(queues: &Queues, queue: &str, body: &str) {
    let request = json!({"QueueUrl": url(queue), "MessageBody": body}).to_string();
    assert_eq!(queues.handle_aws("AmazonSQS.SendMessage", request.as_bytes()).0, 200);
}
