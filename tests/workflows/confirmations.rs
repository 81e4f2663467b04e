//! The queue of confirmations: what comes often is done once, and what can't be worked on holds up no other.

use super::coupons::{Scene, TOTAL};
use super::queue::Queue;
use scrip_test_support::webhooks::{confirm, confirmation};
use scrip_test_support::{Fault, fresh_key};
use serde_json::{Value, json};

const WORK: &str = "work-confirmation";
/// How often a message is received before it is given up, as the template says.
const RECEIVES: usize = 5;
/// Longer than all of them take.
const RETRIES: &str = "PT45M";

struct Counter {
    scene: Scene,
    waiting: Queue,
    given_up: Queue,
}

impl Counter {
    async fn open() -> Self {
        let scene = Scene::begin().await;
        let queue = |name: &str| Queue::of(scene.scrip(), name);
        let (waiting, given_up) = (queue("Confirmations"), queue("ConfirmationsFailed"));
        Self { scene, waiting, given_up }
    }

    /// The bodies of the messages that each invocation was sent.
    fn deliveries(&self) -> Vec<Vec<String>> {
        let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
        let events = self.scene.faults.events(WORK).into_iter();
        events.map(|event| event["Records"].as_array().expect("records").iter().map(body).collect()).collect()
    }

    /// A confirmation whose message nobody has worked on, and that message.
    async fn intercepted(&self) -> (String, String) {
        let reserved = self.scene.reserved().await;
        let before = self.deliveries().len();
        self.scene.faults.plan(WORK, [Fault::Answer(json!({ "batchItemFailures": [] }))]);
        let accepted = self.scene.confirm(&[&reserved.code]).await;
        self.scene.scrip().settle().await;
        let bodies: Vec<String> = self.deliveries().split_off(before).into_iter().flatten().collect();
        let [body] = bodies.as_slice() else { panic!("one message: {bodies:?}") };
        assert!(!body.contains(&reserved.code), "{body}");
        (accepted.text("id"), body.clone())
    }

    async fn rewards(&self) -> usize {
        self.scene.held_of(&self.scene.club.reward).await.len()
    }

    async fn depths(&self) -> [(u32, u32); 2] {
        [self.waiting.depth().await, self.given_up.depth().await]
    }
}

#[tokio::test]
async fn a_confirmation_that_comes_often_is_worked_on_once() {
    let counter = Counter::open().await;
    let scene = &counter.scene;
    let reserved = scene.reserved().await;
    scene.faults.plan(WORK, [Fault::LoseAnswer, Fault::Twice, Fault::LoseAnswer, Fault::Twice]);
    let (event, body) = (fresh_key(), confirmation(&scene.key.merchant, &[&reserved.code], TOTAL));
    let send = async || confirm(scene.scrip(), &scene.key, &event, &body).await.expect(202);
    let first = send().await;
    let again = send().await;
    assert_eq!((again.text("id"), again.is_replay()), (first.text("id"), true));
    scene.scrip().advance(RETRIES).await;

    scene.stands(&first.text("id"), "rewarded").await;
    assert_eq!((counter.rewards().await, scene.calls("redeem-confirmation")), (1, 1));
    let before = scene.calls(WORK);
    let late = send().await;
    assert_eq!((late.text("status").as_str(), late.is_replay()), ("rewarded", true));
    scene.scrip().settle().await;
    assert_eq!(scene.calls(WORK), before, "what is done is not queued again");
    assert_eq!(counter.depths().await, [(0, 0); 2]);
}

#[tokio::test]
async fn a_poisoned_message_takes_no_good_one_down() {
    let counter = Counter::open().await;
    let Counter { scene, waiting, given_up } = &counter;
    let (one, good) = counter.intercepted().await;
    let (other, better) = counter.intercepted().await;
    let bad = json!({ "confirmation": "conf_none", "cause": "by-hand" }).to_string();
    let before = counter.deliveries().len();

    waiting.send(&[good, bad.clone(), better]).await;
    scene.scrip().settle().await;

    assert_eq!(counter.deliveries()[before..].iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    for id in [one, other] {
        scene.stands(&id, "rewarded").await;
    }
    assert_eq!(counter.depths().await, [(0, 1), (0, 0)]);

    scene.scrip().advance(RETRIES).await;

    assert_eq!(counter.deliveries()[before + 1..], vec![vec![bad.clone()]; RECEIVES - 1]);
    assert_eq!(counter.depths().await, [(0, 0), (1, 0)]);
    assert_eq!(given_up.receive().await, [bad]);
    assert_eq!(counter.rewards().await, 2);
}

#[tokio::test]
async fn what_could_not_be_worked_on_comes_again_by_its_slot_and_is_done_once() {
    let counter = Counter::open().await;
    let Counter { scene, given_up, .. } = &counter;
    let reserved = scene.reserved().await;
    scene.faults.plan(WORK, vec![Fault::Without("COUPONS_TABLE"); RECEIVES]);
    let id = scene.confirm(&[&reserved.code]).await.text("id");
    scene.scrip().advance(RETRIES).await;
    assert_eq!((scene.calls(WORK), counter.depths().await), (RECEIVES, [(0, 0), (1, 0)]));
    scene.stands(&id, "rewarded").await;
    assert_eq!((counter.rewards().await, scene.calls("redeem-confirmation")), (1, 1));

    let redrive = given_up.client.start_message_move_task().source_arn(&given_up.arn);
    redrive.send().await.expect("the messages go back");
    scene.scrip().settle().await;

    scene.stands(&id, "rewarded").await;
    assert_eq!((counter.rewards().await, counter.depths().await), (1, [(0, 0); 2]));
}
