//! Sending, receiving and settling messages.

use crate::bench::{Bench, text, url};
use scrip_clock::Clock;
use scrip_queues::{QueueSpec, Queues, Storage, query_error};
use serde_json::{Value, json};

fn bench() -> Bench {
    Bench::new(vec![QueueSpec::new("work"), QueueSpec { delay_seconds: 60, ..QueueSpec::new("later") }])
}

#[test]
fn a_message_comes_back_as_it_was_sent() {
    let bench = bench();
    let sent = bench.call(
        "SendMessage",
        &json!({
            "QueueUrl": url("work"),
            "MessageBody": "derp",
            "MessageAttributes": {
                "timestamp": {"DataType": "Number.java.lang.Long", "StringValue": "1493147359900"},
                "raw": {"DataType": "Binary", "BinaryValue": "AP8="},
            },
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2"}},
            "MessageGroupId": "store-1",
        }),
    );
    assert_eq!(sent["MD5OfMessageBody"], "58fd9edd83341c29f1aebba81c31e257");
    assert!(sent["MD5OfMessageSystemAttributes"].is_string(), "{sent}");

    let message = &bench.receive("work")[0];

    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["Body"], "derp");
    assert_eq!(message["MD5OfBody"], sent["MD5OfMessageBody"]);
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(message["MessageAttributes"]["raw"], json!({"DataType": "Binary", "BinaryValue": "AP8="}));
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(message["Attributes"]["AWSTraceHeader"], "Root=1-2");
    assert_eq!(message["Attributes"]["MessageGroupId"], "store-1");
}

/// The digest a client checks is that of the attributes it gets.
#[test]
fn a_receive_tells_only_what_it_was_asked_for() {
    let bench = bench();
    let timestamp = json!({"DataType": "Number.java.lang.Long", "StringValue": "1493147359900"});
    let other = json!({"DataType": "String", "StringValue": "x"});
    let attributes = json!({"timestamp": timestamp, "other": other});
    bench.call(
        "SendMessage",
        &json!({"QueueUrl": url("work"), "MessageBody": "b", "MessageAttributes": attributes}),
    );
    let receive = |more: Value| {
        let mut request = json!({"QueueUrl": url("work"), "VisibilityTimeout": 0});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.call("ReceiveMessage", &request)["Messages"][0].clone()
    };

    let bare = receive(json!({}));
    assert_eq!(bare.as_object().unwrap().len(), 4, "{bare}");

    let one = receive(json!({"MessageAttributeNames": ["timestamp"], "AttributeNames": ["SentTimestamp"]}));
    assert_eq!(one["MessageAttributes"], json!({"timestamp": timestamp}));
    assert_eq!(one["MD5OfMessageAttributes"], "2e2e4876d8e0bd6b8c2c8f556831c349");
    assert_eq!(one["Attributes"].as_object().unwrap().len(), 1);
}

#[test]
fn a_received_message_is_hidden_until_its_timeout() {
    let bench = bench();
    bench.send("work", "a");
    let first = bench.receive("work");
    assert_eq!(bench.depth("work"), (0, 1, 0));

    bench.advance(29);
    assert!(bench.receive("work").is_empty());
    bench.advance(1);
    let second = bench.receive("work");

    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(
        second[0]["Attributes"]["ApproximateFirstReceiveTimestamp"],
        first[0]["Attributes"]["ApproximateFirstReceiveTimestamp"]
    );
    bench.delete("work", &first[0]);
    assert_eq!(bench.depth("work"), (0, 1, 0), "the first receipt is stale");
    bench.delete("work", &second[0]);
    assert_eq!(bench.depth("work"), (0, 0, 0));
    bench.delete("work", &second[0]);
}

#[test]
fn a_receipt_holds_after_its_timeout_until_the_next_receive() {
    let bench = bench();
    bench.send("work", "a");
    let held = bench.receive("work");
    bench.advance(3_600);

    bench.delete("work", &held[0]);

    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[test]
fn delays_are_the_messages_own_or_the_queues() {
    let bench = bench();
    bench.send("later", "queue");
    bench.call("SendMessage", &json!({"QueueUrl": url("later"), "MessageBody": "now", "DelaySeconds": 0}));
    bench.call("SendMessage", &json!({"QueueUrl": url("later"), "MessageBody": "late", "DelaySeconds": 900}));
    assert_eq!(bench.depth("later"), (1, 0, 2));

    assert_eq!(bench.bodies("later"), ["now"]);
    bench.advance(60);
    assert!(bench.bodies("later").contains(&"queue".to_owned()));
    bench.advance(840);
    assert!(bench.bodies("later").contains(&"late".to_owned()));
}

#[test]
fn visibility_is_changed_while_in_flight() {
    let bench = bench();
    bench.send("work", "a");
    let held = bench.receive("work");
    let change = |seconds: i64| json!({"QueueUrl": url("work"), "ReceiptHandle": held[0]["ReceiptHandle"], "VisibilityTimeout": seconds});

    bench.call("ChangeMessageVisibility", &change(600));
    bench.advance(599);
    assert!(bench.receive("work").is_empty());
    assert_eq!(bench.error("ChangeMessageVisibility", &change(43_200)), "InvalidParameterValue");
    assert_eq!(bench.error("ChangeMessageVisibility", &change(43_201)), "InvalidParameterValue");

    bench.call("ChangeMessageVisibility", &change(0));
    assert_eq!(bench.error("ChangeMessageVisibility", &change(10)), "MessageNotInflight");
    assert_eq!(bench.bodies("work"), ["a"]);
    assert_eq!(bench.error("ChangeMessageVisibility", &change(10)), "InvalidParameterValue");
}

#[test]
fn messages_come_oldest_first_and_at_most_ten() {
    let bench = bench();
    let sent: Vec<String> = (0..12).map(|n| format!("m{n}")).collect();
    for body in &sent {
        bench.send("work", body);
    }

    let mut received = bench.bodies("work");
    assert_eq!(received.len(), 10);
    received.extend(bench.bodies("work"));
    assert_eq!(received, sent);
}

#[test]
fn what_was_kept_for_its_retention_is_gone() {
    let bench = bench();
    bench.send("work", "old");
    bench.advance(345_600);
    bench.send("work", "new");

    assert_eq!(bench.depth("work"), (1, 0, 0));
    assert_eq!(bench.bodies("work"), ["new"]);
}

#[test]
fn a_bad_entry_fails_alone() {
    let bench = bench();
    let entry = |id: &str, body: &str| json!({"Id": id, "MessageBody": body});
    let mut late = entry("late", "x");
    late["DelaySeconds"] = json!(901);
    let entries =
        json!([entry("good", "a"), entry("bad", "\u{0}"), late, entry("empty", ""), entry("fine", "b")]);

    let answer = bench.call("SendMessageBatch", &json!({"QueueUrl": url("work"), "Entries": entries}));

    let ids = |list: &str| {
        answer[list].as_array().unwrap().iter().map(|entry| text(entry, "Id")).collect::<Vec<_>>()
    };
    assert_eq!(ids("Successful"), ["good", "fine"]);
    assert_eq!(ids("Failed"), ["bad", "late", "empty"]);
    assert_eq!(answer["Failed"][0]["Code"], "InvalidMessageContents");
    assert_eq!(answer["Failed"][0]["SenderFault"], true);
    assert_eq!(bench.bodies("work"), ["a", "b"]);
}

#[test]
fn a_batch_that_can_not_be_told_apart_is_refused_whole() {
    let bench = bench();
    let batch = |entries: Value| {
        bench.error("SendMessageBatch", &json!({"QueueUrl": url("work"), "Entries": entries}))
    };
    let entry = |id: &str, bytes: usize| json!({"Id": id, "MessageBody": "x".repeat(bytes)});

    assert_eq!(batch(json!([])), "EmptyBatchRequest");
    assert_eq!(batch(json!([entry("a", 1), entry("a", 1)])), "BatchEntryIdsNotDistinct");
    assert_eq!(batch(json!([entry("a b", 1)])), "InvalidBatchEntryId");
    let eleven: Vec<Value> = (0..11).map(|n| entry(&n.to_string(), 1)).collect();
    assert_eq!(batch(json!(eleven)), "TooManyEntriesInBatchRequest");
    assert_eq!(batch(json!([entry("a", 1_048_576), entry("b", 1)])), "BatchRequestTooLong");
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[test]
fn batches_settle_what_they_can() {
    let bench = bench();
    bench.send("work", "a");
    bench.send("work", "b");
    let held = bench.receive("work");
    let hide = json!([
        {"Id": "a", "ReceiptHandle": held[0]["ReceiptHandle"], "VisibilityTimeout": 0},
        {"Id": "x", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0},
    ]);
    let hidden =
        bench.call("ChangeMessageVisibilityBatch", &json!({"QueueUrl": url("work"), "Entries": hide}));
    assert_eq!(hidden["Successful"], json!([{"Id": "a"}]));
    assert_eq!(hidden["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
    assert_eq!(bench.depth("work"), (1, 1, 0));

    let delete = json!([
        {"Id": "a", "ReceiptHandle": held[0]["ReceiptHandle"]},
        {"Id": "b", "ReceiptHandle": held[1]["ReceiptHandle"]},
        {"Id": "x", "ReceiptHandle": "nonsense"},
    ]);
    let deleted = bench.call("DeleteMessageBatch", &json!({"QueueUrl": url("work"), "Entries": delete}));
    assert_eq!(deleted["Successful"].as_array().unwrap().len(), 2);
    assert_eq!(deleted["Failed"].as_array().unwrap().len(), 1);
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[test]
fn errors_are_those_of_sqs() {
    let bench = bench();
    for (operation, request, expected) in [
        ("SendMessage", json!({"QueueUrl": url("absent"), "MessageBody": "x"}), "QueueDoesNotExist"),
        ("SendMessage", json!({"MessageBody": "x"}), "MissingParameter"),
        ("SendMessage", json!({"QueueUrl": url("work")}), "MissingParameter"),
        ("SendMessage", json!({"QueueUrl": url("work"), "MessageBody": 7}), "SerializationException"),
        (
            "SendMessage",
            json!({"QueueUrl": url("work"), "MessageBody": "\u{FFFF}"}),
            "InvalidMessageContents",
        ),
        (
            "SendMessage",
            json!({"QueueUrl": url("work"), "MessageBody": "x".repeat(1_048_577)}),
            "InvalidParameterValue",
        ),
        (
            "SendMessage",
            json!({"QueueUrl": url("work"), "MessageBody": "x", "MessageDeduplicationId": "1"}),
            "InvalidParameterValue",
        ),
        (
            "ReceiveMessage",
            json!({"QueueUrl": url("work"), "MaxNumberOfMessages": 11}),
            "InvalidParameterValue",
        ),
        ("ReceiveMessage", json!({"QueueUrl": url("work"), "WaitTimeSeconds": 21}), "InvalidParameterValue"),
        (
            "ReceiveMessage",
            json!({"QueueUrl": url("work"), "AttributeNames": ["Nope"]}),
            "InvalidAttributeName",
        ),
        ("DeleteMessage", json!({"QueueUrl": url("work"), "ReceiptHandle": "x"}), "ReceiptHandleIsInvalid"),
        ("GetQueueUrl", json!({"QueueName": "absent"}), "QueueDoesNotExist"),
        (
            "GetQueueAttributes",
            json!({"QueueUrl": url("work"), "AttributeNames": ["Nope"]}),
            "InvalidAttributeName",
        ),
        ("CreateQueue", json!({"QueueName": "new"}), "UnsupportedOperation"),
        ("ListMessageMoveTasks", json!({}), "UnsupportedOperation"),
    ] {
        assert_eq!(bench.error(operation, &request), expected, "{operation}");
    }
    let (_, unknown) = bench.queues.handle_aws("DynamoDB_20120810.PutItem", b"{}");
    assert_eq!(unknown["__type"], "com.amazon.coral.service#UnknownOperationException");
    let (_, absent) = bench.answer("GetQueueUrl", &json!({"QueueName": "absent"}));
    assert_eq!(query_error(&absent).unwrap(), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

#[test]
fn queues_are_listed_with_their_attributes() {
    let bench = Bench::new(crate::bench::work_and_dead(3));
    bench.send("work", "a");

    assert_eq!(bench.call("GetQueueUrl", &json!({"QueueName": "work"}))["QueueUrl"], url("work"));
    assert_eq!(bench.call("ListQueues", &json!({}))["QueueUrls"], json!([url("dead"), url("work")]));
    assert_eq!(bench.call("ListQueues", &json!({"QueueNamePrefix": "w"}))["QueueUrls"], json!([url("work")]));

    let attributes =
        bench.call("GetQueueAttributes", &json!({"QueueUrl": url("work"), "AttributeNames": ["All"]}));
    let attributes = &attributes["Attributes"];
    assert_eq!(attributes["ApproximateNumberOfMessages"], "1");
    assert_eq!(attributes["QueueArn"], "arn:aws:sqs:local:000000000000:work");
    let policy: Value = serde_json::from_str(attributes["RedrivePolicy"].as_str().unwrap()).unwrap();
    let dead = "arn:aws:sqs:local:000000000000:dead";
    assert_eq!(policy, json!({"deadLetterTargetArn": dead, "maxReceiveCount": 3}));

    bench.call("PurgeQueue", &json!({"QueueUrl": url("work")}));
    assert_eq!(bench.depth("work"), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_waits_for_a_message_to_be_sent_or_due() {
    let clock = Clock::standing();
    let queues =
        Queues::open(&Storage::Memory, "http://x", vec![QueueSpec::new("work")], clock.clone()).unwrap();
    let receive = || {
        let queues = queues.clone();
        let request =
            json!({"QueueUrl": url("work"), "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10}).to_string();
        tokio::spawn(async move {
            queues.handle_aws_waiting("AmazonSQS.ReceiveMessage", request.as_bytes()).await
        })
    };
    let send = |delay: u32| {
        let request = json!({"QueueUrl": url("work"), "MessageBody": "x", "DelaySeconds": delay}).to_string();
        assert_eq!(queues.handle_aws("AmazonSQS.SendMessage", request.as_bytes()).0, 200);
    };

    let waiting = receive();
    send(0);
    let (status, answer) = waiting.await.unwrap();
    assert_eq!((status, answer["Messages"].as_array().unwrap().len()), (200, 1));

    send(900);
    let waiting = receive();
    tokio::task::yield_now().await;
    clock.advance(scrip_clock::SignedDuration::from_mins(15));
    queues.wake();
    let (_, answer) = waiting.await.unwrap();
    assert_eq!(answer["Messages"].as_array().unwrap().len(), 2, "the delayed one, and the first one again");
}

#[tokio::test]
async fn a_receive_that_may_not_wait_answers_at_once() {
    let bench = bench();
    let request = json!({"QueueUrl": url("work"), "WaitTimeSeconds": 0}).to_string();
    let answer = bench.queues.handle_aws_waiting("AmazonSQS.ReceiveMessage", request.as_bytes()).await;
    assert_eq!(answer, (200, json!({})));
}
