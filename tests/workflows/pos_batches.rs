//! Stored transactions of a point of sale: each is decided once, and a message that can't be worked on holds up no other.

use super::offline::{CODE, WINDOW, order_of};
use super::queue::Queue;
use super::scene::Scene;
use scrip_test_support::{Answer, Fault, Pos, fresh_key};
use serde_json::{Value, json};

const BATCHES: &str = "/v1/pos/batches";
const WORK: &str = "work-pos-batch";
/// How often a message is received before it is given up, as the template says.
const RECEIVES: usize = 5;
/// Longer than all of them take.
const RETRIES: &str = "PT45M";

struct Store {
    scene: Scene,
    pos: Pos,
    waiting: Queue,
    given_up: Queue,
}

impl Store {
    /// A point of sale, and a user with an authorization for two hours.
    async fn open() -> Self {
        let scene = Scene::begin().await;
        scene.authorize(json!({ "valid_for": "PT2H", "uses": 50 })).await;
        let pos = scene.pos().await;
        let (waiting, given_up) =
            (Queue::of(&scene.scrip, "PosBatches"), Queue::of(&scene.scrip, "PosBatchesFailed"));
        Self { scene, pos, waiting, given_up }
    }

    /// Stored transactions of these amounts; their order references begin with `name`.
    async fn stored(&self, name: &str, amounts: &[i64]) -> Value {
        let now = self.scene.scrip.now().await.to_string();
        let stored = |(index, amount): (usize, &i64)| {
            let mut order = order_of(&format!("{name}-{index}"), *amount);
            order["occurred_at"] = json!(now);
            order
        };
        json!({ "transactions": amounts.iter().enumerate().map(stored).collect::<Vec<_>>() })
    }

    async fn hand_over(&self, batch: &Value) -> Answer {
        self.scene.scrip.post(&self.pos, BATCHES, batch).await.expect(202)
    }

    async fn batch(&self, accepted: &Answer) -> Value {
        let path = format!("{BATCHES}/{}", accepted.text("id"));
        self.scene.scrip.get(&self.pos, &path).await.expect(200).body
    }

    /// Requires that a batch is completed, with these decisions.
    async fn expect_decided(&self, accepted: &Answer, decisions: &[&str]) -> Value {
        let batch = self.batch(accepted).await;
        assert_eq!(batch["status"], "completed", "{batch}");
        let results = batch["results"].as_array().expect("results").iter();
        let told: Vec<_> = results.map(|result| result["decision"].as_str().expect("a decision")).collect();
        assert_eq!(told, decisions, "{batch}");
        batch
    }

    async fn expect_paid(&self, amount: i64) {
        assert_eq!(self.scene.balances().await, [10_000 - amount, 0]);
        self.scene.scrip.check_books().await;
    }

    /// The bodies of the messages that each invocation was sent.
    fn deliveries(&self) -> Vec<Vec<String>> {
        let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
        let events = self.scene.faults.events(WORK).into_iter();
        events.map(|event| event["Records"].as_array().expect("records").iter().map(body).collect()).collect()
    }

    /// The messages of a batch, which nobody has worked on and which wait nowhere.
    async fn intercepted(&self, batch: &Value) -> (Answer, Vec<String>) {
        let before = self.deliveries().len();
        let messages = batch["transactions"].as_array().expect("transactions").len().div_ceil(10);
        self.scene.faults.plan(WORK, [Fault::Answer(json!({ "batchItemFailures": [] }))]);
        let accepted = self.hand_over(batch).await;
        self.scene.scrip.settle().await;
        let bodies: Vec<String> = self.deliveries().split_off(before).into_iter().flatten().collect();
        assert_eq!((bodies.len(), self.waiting.depth().await), (messages, (0, 0)));
        (accepted, bodies)
    }
}

#[tokio::test]
async fn stored_transactions_are_decided_in_their_order_and_settle() {
    let store = Store::open().await;
    let mut stored = store.stored("a", &[1_200, 2_001, 300]).await;
    stored["transactions"][2]["secure_code"] = json!("581930274615");

    let accepted = store.hand_over(&stored).await;
    assert_eq!((accepted.text("status").as_str(), &accepted.body["count"]), ("accepted", &json!(3)));
    store.scene.scrip.settle().await;

    let batch = store.expect_decided(&accepted, &["approved", "declined", "declined"]).await;
    let reasons = [1, 2].map(|index| batch["results"][index]["reason"].clone());
    assert_eq!(reasons, ["limit-exceeded", "code-not-accepted"]);
    assert!(batch["results"].as_array().expect("results").iter().all(|result| result["duplicate"].is_null()));
    store.expect_paid(1_200).await;
    let id = batch["results"][0]["transaction"].as_str().expect("an id");
    assert_eq!(store.scene.scrip.due(id).await.len(), 1);
    store.scene.advance(WINDOW).await;
    assert_eq!(store.scene.transaction(&store.pos, id).await["status"], "settled");
}

#[tokio::test]
async fn messages_tell_nobody_who_paid_with_which_code() {
    let store = Store::open().await;
    let (_, bodies) = store.intercepted(&store.stored("a", &[100; 12]).await).await;
    for body in &bodies {
        assert!(
            ![CODE, "alice", "order_reference", "amount"].iter().any(|secret| body.contains(secret)),
            "{body}"
        );
    }
    assert_ne!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn what_comes_often_is_decided_once() {
    let store = Store::open().await;
    let stored = store.stored("a", &[100; 12]).await;
    store.scene.faults.plan(WORK, [Fault::LoseAnswer, Fault::Twice, Fault::LoseAnswer, Fault::Twice]);
    let key = fresh_key();
    let accepted = store.scene.scrip.post_keyed(&store.pos, BATCHES, &key, &stored).await.expect(202);
    store.scene.advance(RETRIES).await;
    store.expect_decided(&accepted, &["approved"; 12]).await;
    let paid = store.scene.balances().await;
    assert_eq!(paid, [8_800, 1_200], "all are settled meanwhile");

    // The same request queues its messages again; the same transactions in another batch are found.
    let again = store.scene.scrip.post_keyed(&store.pos, BATCHES, &key, &stored).await.expect(202);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.text("id"), accepted.text("id"));
    let other = store.hand_over(&stored).await;
    store.scene.advance(RETRIES).await;

    store.expect_decided(&accepted, &["approved"; 12]).await;
    let batch = store.expect_decided(&other, &["approved"; 12]).await;
    assert!(batch["results"].as_array().expect("results").iter().all(|result| result["duplicate"] == true));
    assert_eq!(store.scene.balances().await, paid);
    assert_eq!((store.waiting.depth().await, store.given_up.depth().await), ((0, 0), (0, 0)));
    store.scene.scrip.check_books().await;
}

#[tokio::test]
async fn a_poisoned_message_takes_no_good_one_down() {
    let store = Store::open().await;
    let (accepted, good) = store.intercepted(&store.stored("a", &[100; 12]).await).await;
    store.expect_paid(0).await;
    let [one, other] = good.as_slice() else { panic!("two messages") };
    // It was sealed for another place: nothing says what it holds.
    let mut envelope: Value = serde_json::from_str(one).expect("an envelope");
    envelope["part"] = json!(7);
    let bad = envelope.to_string();
    let before = store.deliveries().len();

    store.waiting.send(&[one.clone(), bad.clone(), other.clone()]).await;
    store.scene.scrip.settle().await;

    assert_eq!(store.deliveries()[before..].iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    store.expect_decided(&accepted, &["approved"; 12]).await;
    store.expect_paid(1_200).await;
    assert_eq!((store.waiting.depth().await, store.given_up.depth().await), ((0, 1), (0, 0)));

    store.scene.advance(RETRIES).await;

    assert_eq!(store.deliveries()[before + 1..], vec![vec![bad.clone()]; RECEIVES - 1]);
    assert_eq!((store.waiting.depth().await, store.given_up.depth().await), ((0, 0), (1, 0)));
    assert_eq!(store.given_up.receive().await, [bad]);
}

#[tokio::test]
async fn what_could_not_be_worked_on_is_decided_once_when_the_cause_is_mended() {
    let store = Store::open().await;
    let stored = store.stored("a", &[100, 2_001]).await;
    store.scene.faults.plan(WORK, vec![Fault::Without("OFFLINE_TABLE"); RECEIVES]);
    let accepted = store.hand_over(&stored).await;
    store.scene.advance(RETRIES).await;
    assert_eq!(store.scene.calls(WORK), RECEIVES);
    assert_eq!((store.waiting.depth().await, store.given_up.depth().await), ((0, 0), (1, 0)));
    let batch = store.batch(&accepted).await;
    assert_eq!((&batch["status"], &batch["results"]), (&json!("accepted"), &json!([])));

    let redrive = store.given_up.client.start_message_move_task().source_arn(&store.given_up.arn);
    redrive.send().await.expect("the messages go back");
    store.scene.scrip.settle().await;

    store.expect_decided(&accepted, &["approved", "declined"]).await;
    store.expect_paid(100).await;
    assert_eq!((store.waiting.depth().await, store.given_up.depth().await), ((0, 0), (0, 0)));
}
