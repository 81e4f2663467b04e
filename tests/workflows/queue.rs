//! A start that fails waits in a queue, where it holds up no other; one that goes on failing waits in another queue
//! until somebody has mended the cause.

use super::coupons::Scene;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use scrip_states_language::{Filter, Status};
use scrip_test_support::coupons::MACHINE;
use scrip_test_support::{Fault, Scrip};
use serde_json::{Value, json};

const VARIABLE: &str = "MACHINE_COUPON_REWARD";
/// How often a message is received before it is given up, as the template says.
const RECEIVES: usize = 5;
/// Longer than all of them take, and shorter than until the second chance of what was not started.
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

fn message(redemption: &str) -> String {
    let input = json!({ "redemption": redemption });
    json!({ "machine": MACHINE, "name": redemption, "input": input, "cause": "by-hand" }).to_string()
}

/// A verified coupon whose record nobody looks at.
async fn verify_unseen(scene: &Scene) -> String {
    scene.faults.plan("start-workflows", [Fault::Answer(json!({}))]);
    let id = scene.verified().await.text("id");
    scene.scrip().settle().await;
    assert!(!started(scene).contains(&id));
    id
}

/// The names of all executions, with each as often as there is one of it.
fn started(scene: &Scene) -> Vec<String> {
    let found = scene.scrip().running().engine().executions(&Filter::default()).unwrap();
    assert!(found.iter().all(|execution| execution.status == Status::Succeeded), "{found:?}");
    let mut names: Vec<_> = found.into_iter().map(|execution| execution.name).collect();
    names.sort();
    names
}

fn sorted<const N: usize>(ids: [&str; N]) -> Vec<String> {
    let mut names = ids.map(str::to_owned).to_vec();
    names.sort();
    names
}

/// The bodies of the messages that each invocation was sent.
fn batches(scene: &Scene) -> Vec<Vec<String>> {
    let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
    let events = scene.faults.events("retry-workflows").into_iter();
    events.map(|event| event["Records"].as_array().expect("records").iter().map(body).collect()).collect()
}

#[tokio::test]
async fn a_bad_message_takes_no_good_one_down() {
    let scene = Scene::begin().await;
    let (retries, given_up) =
        (Queue::of(scene.scrip(), "WorkflowRetries"), Queue::of(scene.scrip(), "WorkflowRetriesFailed"));
    let (one, other) = (verify_unseen(&scene).await, verify_unseen(&scene).await);
    let bad = r#"{"machine":"coupon-reward","name":"vfy_1"}"#.to_owned();

    retries.send(&[message(&one), bad.clone(), message(&other)]).await;
    scene.scrip().settle().await;

    assert_eq!(batches(&scene).iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    assert_eq!(started(&scene), sorted([&one, &other]));
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 1), (0, 0)));

    scene.scrip().advance(RETRIES).await;

    assert_eq!(batches(&scene)[1..], vec![vec![bad.clone()]; RECEIVES - 1]);
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (1, 0)));
    assert_eq!(given_up.receive().await, [bad]);
    assert_eq!(started(&scene), sorted([&one, &other]));
}

#[tokio::test]
async fn what_could_not_be_started_starts_once_when_the_cause_is_mended() {
    let scene = Scene::begin().await;
    let (retries, given_up) =
        (Queue::of(scene.scrip(), "WorkflowRetries"), Queue::of(scene.scrip(), "WorkflowRetriesFailed"));
    scene.faults.plan("start-workflows", [Fault::Without(VARIABLE)]);
    scene.faults.plan("retry-workflows", vec![Fault::Without(VARIABLE); RECEIVES]);
    let held = scene.verified().await.text("id");
    scene.scrip().settle().await;
    assert_eq!((retries.depth().await, started(&scene)), ((0, 1), sorted([])));

    // The stream goes on: what comes after it starts at once.
    let next = scene.verified().await.text("id");
    scene.scrip().settle().await;
    assert_eq!(started(&scene), sorted([&next]));

    scene.scrip().advance(RETRIES).await;
    assert_eq!(scene.calls("retry-workflows"), RECEIVES);
    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (1, 0)));
    assert_eq!(started(&scene), sorted([&next]));

    let redrive = given_up.client.start_message_move_task().source_arn(&given_up.arn);
    redrive.send().await.unwrap();
    scene.scrip().settle().await;

    assert_eq!((retries.depth().await, given_up.depth().await), ((0, 0), (0, 0)));
    assert_eq!(started(&scene), sorted([&held, &next]));
    assert_eq!(scene.calls("reward-redemption"), 2);
    assert_eq!(scene.held_of(&scene.club.reward).await.len(), 2);
}

/// An Express machine starts as often as it is asked to: its work is done once.
#[tokio::test]
async fn a_start_that_comes_often_does_its_work_once() {
    let scene = Scene::begin().await;
    let retries = Queue::of(scene.scrip(), "WorkflowRetries");
    let id = scene.verified().await.text("id");
    scene.scrip().settle().await;

    scene.faults.plan("retry-workflows", [Fault::LoseAnswer, Fault::Twice]);
    retries.send(&[message(&id), message(&id)]).await;
    scene.scrip().settle().await;
    scene.scrip().advance(RETRIES).await;

    assert_eq!(retries.depth().await, (0, 0));
    let started = started(&scene);
    assert!(started.len() > 1 && started.iter().all(|name| *name == id), "{started:?}");
    assert_eq!(scene.held_of(&scene.club.reward).await.len(), 1);
    scene.expect_told(&id, [&["share-rewarded"], &["coupon-redeemed"], &["verification-rewarded"]]).await;
}
