//! Guesses at the same moment are counted as if they came one after the other.

use super::{at_once, succeeded};
use scrip_test_support::{Answer, Bill, Scrip, User};
use serde_json::json;

const PIN: &str = "493817";
const GUESSES: usize = 50;
/// Where the same is done several times: hashing is slow on purpose.
const FEWER_GUESSES: usize = 24;

struct Scene {
    scrip: Scrip,
    alice: User,
    account: String,
    bill: Bill,
    request: String,
}

async fn scene() -> Scene {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    bill.add(&scrip, &terminal, 1, 1_000).await.expect(201);
    let request = bill.ask(&scrip, &alice).await.expect(201).text("id");
    Scene { scrip, alice, account, bill, request }
}

impl Scene {
    async fn guess(&self, pin: &str) -> Answer {
        self.bill.verify(&self.scrip, &self.alice, &self.request, pin).await
    }

    /// Where the bill stands, and what was paid.
    async fn end(&self) -> (String, i64) {
        let status = self.bill.status(&self.scrip, &self.alice).await;
        (status, 10_000 - self.scrip.check_books().await[&self.account])
    }
}

/// How many of the answers tell that a PIN was wrong, and what each says is left.
fn wrong(answers: &[Answer]) -> Vec<i64> {
    let failed = answers.iter().filter(|answer| answer.body["code"] == "verification-failed");
    let mut left: Vec<i64> = failed.filter_map(|answer| answer.body["attempts_left"].as_i64()).collect();
    left.sort_unstable();
    left
}

fn is_prefix_from_the_top(left: &[i64]) -> bool {
    left.iter().rev().eq([2, 1, 0][..left.len().min(3)].iter()) && left.len() <= 3
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_wrong_pins_at_once_no_more_are_judged_than_allowed() {
    let scene = scene().await;
    let guesses: Vec<String> = (0..GUESSES).map(|n| format!("7{n:05}")).collect();

    let answers = at_once(GUESSES, |n| scene.guess(&guesses[n])).await;

    let refusals = ["verification-failed", "busy", "bill-not-awaiting-verification"];
    assert_eq!(succeeded(&answers, 200, &refusals), 0);
    let mut left = wrong(&answers);
    assert!(is_prefix_from_the_top(&left), "{left:?}");
    assert!(!left.is_empty(), "somebody is told");
    while scene.end().await.0 == "awaiting_verification" {
        left.extend(wrong(&[scene.guess("700099").await]));
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2]);
    scene.guess(PIN).await.expect_problem(409, "bill-not-awaiting-verification");
    assert_eq!(scene.end().await, ("locked".to_owned(), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_right_pin_among_many_settles_only_within_the_attempts() {
    let mut outcomes = Vec::new();
    for place in [0, 10, 23] {
        let scene = scene().await;
        let guesses: Vec<String> = (0..FEWER_GUESSES)
            .map(|n| if n == place { PIN.to_owned() } else { format!("7{n:05}") })
            .collect();

        let answers = at_once(FEWER_GUESSES, |n| scene.guess(&guesses[n])).await;

        let refusals = ["verification-failed", "busy", "bill-not-awaiting-verification"];
        let settled = succeeded(&answers, 200, &refusals);
        let left = wrong(&answers);
        assert!(is_prefix_from_the_top(&left), "{left:?}");
        let (status, paid) = scene.end().await;
        match (settled, status.as_str(), paid) {
            (1, "settled", 1_000) | (0, "awaiting_verification", 0) => assert!(left.len() < 3, "{left:?}"),
            (0, "locked", 0) => assert_eq!(left.len(), 3),
            other => panic!("{other:?} after {left:?}"),
        }
        outcomes.push(status);
    }
    assert!(outcomes.iter().any(|status| status != "awaiting_verification"), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_verifications_at_once_settle_once() {
    for _ in 0..5 {
        let scene = scene().await;
        let answers = at_once(2, |_| scene.guess(PIN)).await;
        assert_eq!(succeeded(&answers, 200, &["bill-not-awaiting-verification"]), 1);
        assert_eq!(scene.end().await, ("settled".to_owned(), 1_000));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_verification_sent_20_times_settles_once_with_one_answer() {
    let scene = scene().await;
    let (path, key) = (scene.bill.path("/verifications"), scrip_test_support::fresh_key());
    let request = json!({ "verification_request": scene.request, "method": "pin", "pin": PIN });

    let answers = at_once(20, |_| scene.scrip.post_keyed(&scene.alice, &path, &key, &request)).await;

    assert_eq!(succeeded(&answers, 200, &[]), 20);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    for answer in &answers {
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(scene.end().await, ("settled".to_owned(), 1_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pins_are_not_found_by_changing_them_many_times_at_once() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    let change = |current: String| {
        let (scrip, alice) = (&scrip, &alice);
        async move {
            let body = json!({ "pin": "271828", "current_pin": current });
            scrip.change(reqwest::Method::PUT, alice, "/v1/me/pin", &body).await
        }
    };

    let mut answers = at_once(FEWER_GUESSES, |n| change(format!("7{n:05}"))).await;

    assert_eq!(succeeded(&answers, 204, &["pin-refused", "pin-locked", "busy"]), 0);
    while answers.iter().all(|answer| answer.body["code"] != "pin-locked") {
        answers.push(change("700099".to_owned()).await);
    }
    let refused = answers.iter().filter(|answer| answer.body["code"] == "pin-refused");
    let mut left: Vec<i64> = refused.filter_map(|answer| answer.body["attempts_left"].as_i64()).collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
    change(PIN.to_owned()).await.expect_problem(429, "pin-locked");
}
