//! What can't be processed goes aside, and comes back when asked.

use crate::bench::{Bench, url, work_and_dead};
use serde_json::json;

const DEAD_ARN: &str = "arn:aws:sqs:local:000000000000:dead";
const WORK_ARN: &str = "arn:aws:sqs:local:000000000000:work";

fn bury(bench: &Bench, times: usize) {
    for _ in 0..times {
        assert_eq!(bench.receive("work").len(), 1);
        bench.advance(30);
    }
    assert!(bench.receive("work").is_empty(), "the receive that is one too many moves it");
}

#[test]
fn a_message_received_too_often_moves_with_its_id_and_attributes() {
    let bench = Bench::new(work_and_dead(3));
    let attributes = json!({"kind": {"DataType": "String", "StringValue": "poison"}});
    let request = json!({"QueueUrl": url("work"), "MessageBody": "bad", "MessageAttributes": attributes});
    let sent = bench.call("SendMessage", &request);

    bury(&bench, 3);

    let depth = bench.queues.depths().unwrap().into_iter().find(|depth| depth.name == "work").unwrap();
    assert_eq!((depth.visible, depth.in_flight), (0, 0));
    assert_eq!((depth.dead_letter_queue.as_deref(), depth.dead_letters), (Some("dead"), 1));
    let dead = &bench.receive("dead")[0];
    assert_eq!(dead["MessageId"], sent["MessageId"]);
    assert_eq!(dead["Body"], "bad");
    assert_eq!(dead["MessageAttributes"], attributes);
    assert_eq!(dead["Attributes"]["ApproximateReceiveCount"], "4", "receives count over all queues");
    assert_eq!(dead["Attributes"]["DeadLetterQueueSourceArn"], WORK_ARN);
}

#[test]
fn a_receipt_of_before_the_move_does_not_delete() {
    let bench = Bench::new(work_and_dead(1));
    bench.send("work", "bad");
    let held = bench.receive("work");
    bench.advance(30);
    assert!(bench.receive("work").is_empty());

    bench.delete("work", &held[0]);
    bench.delete("dead", &held[0]);

    assert_eq!(bench.depth("dead"), (1, 0, 0));
}

#[test]
fn dead_letters_go_back_as_new_messages() {
    let bench = Bench::new(work_and_dead(1));
    let id = bench.send("work", "bad");
    bury(&bench, 1);

    bench.call("StartMessageMoveTask", &json!({"SourceArn": DEAD_ARN}));

    assert_eq!(bench.depth("dead"), (0, 0, 0));
    let back = &bench.receive("work")[0];
    assert_ne!(back["MessageId"], json!(id));
    assert_eq!(back["Attributes"]["ApproximateReceiveCount"], "1");
    assert!(back["Attributes"].get("DeadLetterQueueSourceArn").is_none(), "{back}");
}

#[test]
fn only_a_dead_letter_queue_is_moved_from() {
    let bench = Bench::new(work_and_dead(1));
    assert_eq!(bench.error("StartMessageMoveTask", &json!({"SourceArn": WORK_ARN})), "InvalidParameterValue");
    let unknown = json!({"SourceArn": "arn:aws:sqs:local:000000000000:none"});
    assert_eq!(bench.error("StartMessageMoveTask", &unknown), "ResourceNotFoundException");
}
