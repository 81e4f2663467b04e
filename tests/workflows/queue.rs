//! A start that fails waits in a queue, where it holds up no other; one that goes on failing waits in another queue
//! until somebody has mended the cause.

use super::offline::SETTLEMENT;
use super::scene::Scene;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use scrip_states_language::{Filter, Status};
use scrip_test_support::{Fault, Pos, Scrip, fresh_key};
use serde_json::{Value, json};

const MACHINE: &str = "MACHINE_POS_SETTLEMENT";
/// How often a message is received before it is given up, as the template says.
const RECEIVES: usize = 5;
/// Longer than all of them take, and shorter than a payment waits for its settlement.
const RETRIES: &str = "PT25M";

/// A queue of the template.
pub(super) struct Queue {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) arn: String,
}

impl Queue {
    pub(super) fn of(scrip: &Scrip, logical_id: &str) -> Self {
        let queues = &scrip.running().application().queues;
        let queue = queues.iter().find(|queue| queue.logical_id == logical_id).expect("a queue");
        let client = Client::new(scrip.running().aws());
        Self { client, url: queue.url.clone(), arn: queue.arn.clone() }
    }

    /// How many messages are there to be received, and how many are with somebody.
    pub(super) async fn depth(&self) -> (u32, u32) {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let told = request.set_attribute_names(Some(names.to_vec())).send().await.unwrap();
        let told = told.attributes().expect("attributes");
        let [visible, in_flight] = names.map(|name| told[&name].parse().unwrap());
        (visible, in_flight)
    }

    pub(super) async fn send(&self, bodies: &[String]) {
        let entry = |(index, body): (usize, &String)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
            entry.build().unwrap()
        };
        let entries = bodies.iter().enumerate().map(entry).collect();
        let batch = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        assert!(batch.send().await.unwrap().failed().is_empty());
    }

    pub(super) async fn receive(&self) -> Vec<String> {
        let received = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let messages = received.send().await.unwrap().messages.unwrap_or_default();
        messages.into_iter().map(|message| message.body.expect("a body")).collect()
    }
}

fn message(transaction: &str) -> String {
    let input = json!({ "transaction": transaction, "settles_at": "2999-01-01T00:00:00Z" });
    json!({ "machine": SETTLEMENT, "name": transaction, "input": input, "cause": "by-hand" }).to_string()
}

async fn settle(scene: &Scene) {
    scene.scrip.running().settle().await.unwrap();
}

/// A system with a point of sale at which Alice may pay.
async fn till() -> (Scene, Pos) {
    let scene = Scene::begin().await;
    scene.authorize(json!({ "valid_for": "PT4H" })).await;
    let pos = scene.pos().await;
    (scene, pos)
}

async fn pay(scene: &Scene, pos: &Pos) -> String {
    scene.pay(pos, &fresh_key(), 100).await.text("id")
}

/// A payment whose record nobody looks at.
async fn pay_unseen(scene: &Scene, pos: &Pos) -> String {
    scene.faults.plan("start-workflows", [Fault::Answer(json!({}))]);
    let id = pay(scene, pos).await;
    settle(scene).await;
    assert_eq!(executions(scene), running(&[]));
    id
}

/// All executions with where they stand.
fn executions(scene: &Scene) -> Vec<(String, Status)> {
    let found = scene.scrip.running().engine().executions(&Filter::default()).unwrap();
    let mut found: Vec<_> = found.into_iter().map(|execution| (execution.name, execution.status)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

fn running(ids: &[&str]) -> Vec<(String, Status)> {
    let mut names: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    names.sort();
    names.into_iter().map(|name| (name, Status::Running)).collect()
}

/// The bodies of the messages that each invocation was sent.
fn batches(scene: &Scene) -> Vec<Vec<String>> {
    let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
    let events = scene.faults.events("retry-workflows").into_iter();
    events.map(|event| event["Records"].as_array().expect("records").iter().map(body).collect()).collect()
}

#[tokio::test]
async fn a_bad_message_takes_no_good_one_down() {
    let (scene, pos) = till().await;
    let (retries, given_up) =
        (Queue::of(&scene.scrip, "WorkflowRetries"), Queue::of(&scene.scrip, "WorkflowRetriesFailed"));
    let (one, other) = (pay_unseen(&scene, &pos).await, pay_unseen(&scene, &pos).await);
    let bad = r#"{"machine":"pos-settlement","name":"pos_1"}"#.to_owned();

    retries.send(&[message(&one), bad.clone(), message(&other)]).await;
    settle(&scene).await;

    assert_eq!(batches(&scene).iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    assert_eq!(executions(&scene), running(&[&one, &other]));
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 1), (0, 0)));

    scene.advance(RETRIES).await;

    assert_eq!(batches(&scene)[1..], vec![vec![bad.clone()]; RECEIVES - 1]);
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (1, 0)));
    assert_eq!(given_up.receive().await, [bad]);
    assert_eq!(executions(&scene), running(&[&one, &other]));
}

#[tokio::test]
async fn what_could_not_be_started_starts_once_when_the_cause_is_mended() {
    let (scene, pos) = till().await;
    let (retries, given_up) =
        (Queue::of(&scene.scrip, "WorkflowRetries"), Queue::of(&scene.scrip, "WorkflowRetriesFailed"));
    scene.faults.plan("start-workflows", [Fault::Without(MACHINE)]);
    scene.faults.plan("retry-workflows", vec![Fault::Without(MACHINE); RECEIVES]);
    let held = pay(&scene, &pos).await;
    settle(&scene).await;
    assert_eq!((retries.depth().await, executions(&scene)), ((0, 1), running(&[])));

    // The stream goes on: what comes after it starts at once.
    let next = pay(&scene, &pos).await;
    settle(&scene).await;
    assert_eq!(executions(&scene), running(&[&next]));

    scene.advance(RETRIES).await;
    assert_eq!(scene.calls("retry-workflows"), RECEIVES);
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (1, 0)));
    assert_eq!(executions(&scene), running(&[&next]));

    let redrive = given_up.client.start_message_move_task().source_arn(&given_up.arn);
    redrive.send().await.unwrap();
    settle(&scene).await;

    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (0, 0)));
    assert_eq!(executions(&scene), running(&[&held, &next]));
    scene.advance("PT2H").await;
    assert_eq!(scene.transaction(&pos, &held).await["status"], "settled");
    assert_eq!(scene.calls("settle-pos-transaction"), 2);
}

#[tokio::test]
async fn a_start_that_comes_often_is_one() {
    let (scene, pos) = till().await;
    let retries = Queue::of(&scene.scrip, "WorkflowRetries");
    let id = pay(&scene, &pos).await;
    settle(&scene).await;
    let before = scene.execution_of(SETTLEMENT, &id).await;

    scene.faults.plan("retry-workflows", [Fault::LoseAnswer, Fault::Twice]);
    retries.send(&[message(&id), message(&id)]).await;
    settle(&scene).await;
    scene.advance(RETRIES).await;

    assert_eq!((retries.depth().await, executions(&scene)), ((0, 0), running(&[&id])));
    assert_eq!(scene.execution_of(SETTLEMENT, &id).await.input, before.input);
    scene.advance("PT2H").await;
    assert_eq!(scene.calls("settle-pos-transaction"), 1);
}
