//! Many points of sale at once, with one payer's codes: no authorization, balance or code gives more than it has.

use super::{at_once, race};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_secure_code::{Totp, TotpAlgorithm, TotpSecret};
use scrip_test_support::{Answer, Pos, Scrip, User, fresh_key};
use serde_json::{Value, json};

const PIN: &str = "493817";
const CODE: &str = "493028174650";
const REQUESTS: usize = 200;
const POINTS_OF_SALE: usize = 20;
const ROUNDS: usize = 24;

pub(super) struct Scene {
    pub(super) scrip: Scrip,
    pub(super) user: User,
    pub(super) account: String,
    pub(super) points: Vec<Pos>,
}

/// A user with this much money, and so many points of sale.
pub(super) async fn scene(amount: i64, points: usize) -> Scene {
    let scrip = Scrip::start().await;
    let user = scrip.user("alice").await;
    user.set_pin(&scrip, PIN).await;
    let account = scrip.account(&user, amount, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    let mut registered = Vec::new();
    for _ in 0..points {
        registered.push(shop.pos(&scrip).await);
    }
    Scene { scrip, user, account, points: registered }
}

impl Scene {
    async fn authorize(&self, terms: Value) {
        self.user.authorize_static(&self.scrip, &self.account, PIN, CODE, terms).await.expect(201);
    }

    async fn balance(&self) -> i64 {
        self.scrip.check_books().await[&self.account]
    }
}

fn is_approved(answer: &Answer) -> bool {
    answer.status == 201 && answer.body["decision"] == "approved"
}

/// The reason of a decline; the code of a refusal.
fn why(answer: &Answer) -> &str {
    answer.body["reason"].as_str().or(answer.body["code"].as_str()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_at_once_as_many_are_approved_as_there_is_money_for() {
    let scene = scene(3_000, POINTS_OF_SALE).await;
    scene.authorize(json!({ "uses": 50 })).await;

    let answers =
        at_once(REQUESTS, |n| scene.points[n % POINTS_OF_SALE].ask(&scene.scrip, "alice", CODE, 100)).await;

    assert_eq!(answers.iter().filter(|answer| is_approved(answer)).count(), 30);
    for answer in answers.iter().filter(|answer| !is_approved(answer)) {
        assert_eq!((answer.status, why(answer)), (201, "insufficient-funds"), "{}", answer.body);
    }
    let books = scene.scrip.check_books().await;
    assert_eq!(books[&scene.account], 0);
    let listed = scene.scrip.get(&scene.user, "/v1/offline/authorizations").await.expect(200).body;
    assert_eq!(listed["items"][0]["uses_left"], 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(
    feature = "deployed",
    ignore = "an emulator does not start two times 200 environments that read the secret"
)]
async fn of_200_at_once_as_many_are_approved_as_there_are_uses() {
    let scene = scene(1_000_000, POINTS_OF_SALE).await;
    let per_day = json!({ "count": 17, "amount": { "amount": 1_000_000, "currency": "CNY" } });
    scene.authorize(json!({ "uses": 40, "per_day": per_day })).await;

    let answers =
        at_once(REQUESTS, |n| scene.points[n % POINTS_OF_SALE].ask(&scene.scrip, "alice", CODE, 100)).await;

    assert_eq!(answers.iter().filter(|answer| is_approved(answer)).count(), 17);
    for answer in answers.iter().filter(|answer| !is_approved(answer)) {
        assert!(["limit-exceeded", "busy"].contains(&why(answer)), "{}", answer.body);
    }
    assert_eq!(scene.balance().await, 1_000_000 - 1_700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_that_changes_pays_at_one_of_20_points_of_sale() {
    let scene = scene(10_000, POINTS_OF_SALE).await;
    let secret = TotpSecret::from_bytes([7; 32]).expect("a secret");
    let text = secret.to_base64url();
    scene.user.authorize_totp(&scene.scrip, &scene.account, PIN, &text, json!({})).await.expect(201);
    let code = Totp::new(secret, TotpAlgorithm::Sha256).code_at(scene.scrip.now().await);

    let answers =
        at_once(POINTS_OF_SALE, |n| scene.points[n].ask(&scene.scrip, "alice", code.as_str(), 100)).await;

    assert_eq!(answers.iter().filter(|answer| is_approved(answer)).count(), 1);
    for answer in answers.iter().filter(|answer| !is_approved(answer)) {
        assert!(["code-not-accepted", "busy"].contains(&why(answer)), "{}", answer.body);
    }
    assert_eq!(scene.balance().await, 9_900);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_order_that_is_sent_20_times_is_paid_once_with_one_answer() {
    let scene = scene(10_000, 1).await;
    scene.authorize(json!({})).await;
    let order = Pos::order("order-1", "alice", CODE, 100);
    let key = fresh_key();

    let answers = at_once(20, |n| {
        // Half of them repeat a request; the others ask anew for the same order.
        let key = if n % 2 == 0 { key.clone() } else { fresh_key() };
        let (scene, order) = (&scene, &order);
        async move { scene.points[0].send_keyed(&scene.scrip, &key, order).await }
    })
    .await;

    assert!(answers.iter().all(is_approved));
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(scene.balance().await, 9_900);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_and_its_reversal_at_once_are_never_both_effective() {
    let scene = scene(10_000, 1).await;
    scene.authorize(json!({ "uses": 50 })).await;
    let (mut paid_first, mut closed_first) = (0, 0);
    for round in 0..ROUNDS {
        let reference = format!("order-{round}");
        let order = Pos::order(&reference, "alice", CODE, 100);
        let pos = &scene.points[0];
        let paying = at_once(2, |_| pos.send(&scene.scrip, &order));
        let reversing = at_once(1, |_| pos.reverse(&scene.scrip, &reference));

        let answers = race(round, paying, reversing).await;

        let reversal =
            answers.iter().find(|answer| answer.operation.as_deref() == Some("reverse-pos-transaction"));
        reversal.expect("an answer to the reversal").clone().expect(201);
        match answers.iter().filter(|answer| is_approved(answer) && !answer.is_replay()).count() {
            // The reversal's own answer tells what it reversed.
            0 => closed_first += 1,
            _ => paid_first += 1,
        }
        let read = pos.read(&scene.scrip, &reference).await.expect(200).body;
        assert_eq!(read["status"], "reversed", "{read}");
        assert_eq!(scene.balance().await, 10_000, "round {round}");
    }
    assert!(paid_first > 0 && closed_first > 0, "both happen: {paid_first} and {closed_first}");
    let listed = scene.scrip.get(&scene.user, "/v1/offline/authorizations").await.expect(200).body;
    assert_eq!(listed["items"][0]["uses_left"], 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn a_reversal_and_the_settlement_at_once_leave_one_of_them() {
    let scene = scene(10_000, 1).await;
    scene.authorize(json!({})).await;
    let pos = &scene.points[0];
    for round in 0..3 {
        let reference = format!("order-{round}");
        let order = |name: &str, amount: i64| Pos::order(name, "alice", CODE, amount);
        let paid = pos.send(&scene.scrip, &order(&reference, 100)).await.expect(201);
        // These settle together with it, whatever becomes of it.
        let others = [1, 2].map(|other| format!("{reference}-{other}"));
        for other in &others {
            pos.send(&scene.scrip, &order(other, 10)).await.expect(201);
        }
        let settles_at: Timestamp = paid.text("settles_at").parse().expect("a time");
        // A token outlives the moment that is left.
        scene.scrip.reach(settles_at - SignedDuration::from_secs(10)).await;
        let before = scene.balance().await;

        let (reversed, ()) =
            futures::join!(pos.reverse(&scene.scrip, &reference), scene.scrip.reach(settles_at));

        scene.scrip.settle().await;
        let status = async |reference: &str| {
            let read = pos.read(&scene.scrip, reference).await.expect(200).body;
            read["status"].as_str().expect("a status").to_owned()
        };
        let expected = if reversed.status == 201 {
            ("reversed", before + 100)
        } else {
            assert_eq!(why(&reversed), "transaction-settled");
            ("settled", before)
        };
        assert_eq!((status(&reference).await.as_str(), scene.balance().await), expected);
        for other in &others {
            assert_eq!(status(other).await, "settled");
        }
    }
}
