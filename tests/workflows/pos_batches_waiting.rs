//! Stored transactions meet locks: what can't be looked at yet is sent again, and nothing honest is lost.

use super::offline::order_of;
use super::scene::{PIN, Scene};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::Pos;
use serde_json::{Value, json};

const WRONG_CODE: &str = "100000000000";
/// More than any lock of these tests takes to be over.
const ROUNDS: usize = 6;

struct Till {
    scene: Scene,
    pos: Pos,
}

impl Till {
    async fn open(terms: Value) -> Self {
        let scene = Scene::begin().await;
        let mut all = json!({ "valid_for": "P2D", "uses": 50 });
        for (name, value) in terms.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        scene.authorize(all).await;
        let pos = scene.pos().await;
        Self { scene, pos }
    }

    async fn now(&self) -> Timestamp {
        self.scene.scrip.now().await
    }

    /// Hands over a batch, and tells what became of each transaction in it.
    async fn results(&self, transactions: &[Value]) -> Vec<Value> {
        let batch = self.pos.hand_over(&self.scene.scrip, transactions.to_vec().into()).await.expect(202);
        let batch = self.pos.completed(&self.scene.scrip, &batch.text("id")).await;
        batch["results"].as_array().expect("results").clone()
    }

    /// Sends again what waits, as late as is asked for, until all is decided: the final result of each order.
    async fn until_final(&self, mut waiting: Vec<Value>) -> Vec<Value> {
        let mut ended = Vec::new();
        for _ in 0..ROUNDS {
            let results = self.results(&waiting).await;
            let is_final = |result: &&Value| result["retry_after_seconds"].is_null();
            let longest = results.iter().filter_map(|result| result["retry_after_seconds"].as_i64()).max();
            ended.extend(results.iter().filter(is_final).cloned());
            waiting.retain(|stored| {
                !ended.iter().any(|result| result["order_reference"] == stored["order_reference"])
            });
            let Some(longest) = longest else { return ended };
            let due = self.now().await + SignedDuration::from_secs(longest);
            self.scene.scrip.reach(due).await;
        }
        panic!("{waiting:?} is never decided");
    }
}

fn stored(mut order: Value, occurred_at: Timestamp) -> Value {
    order["occurred_at"] = json!(occurred_at.to_string());
    order
}

fn made_up(number: usize, occurred_at: Timestamp) -> Value {
    let order = Pos::order(&format!("made-up-{number}"), &format!("nobody-{number}"), WRONG_CODE, 100);
    stored(order, occurred_at)
}

fn honest(number: usize, occurred_at: Timestamp) -> Value {
    stored(order_of(&format!("honest-{number}"), 100), occurred_at)
}

#[track_caller]
fn expect_waiting(result: &Value, reason: &str) {
    assert_eq!((&result["reason"], &result["transaction"]), (&json!(reason), &Value::Null), "{result}");
    assert!(result["retry_after_seconds"].as_i64().is_some_and(|seconds| seconds > 0), "{result}");
}

fn decisions(results: &[Value], prefix: &str) -> Vec<Value> {
    let of =
        |result: &&Value| result["order_reference"].as_str().is_some_and(|name| name.starts_with(prefix));
    results.iter().filter(of).map(|result| result["decision"].clone()).collect()
}

#[tokio::test]
async fn five_made_up_codes_take_no_honest_sale_down() {
    let till = Till::open(json!({})).await;
    let now = till.now().await;
    let mut batch: Vec<_> = (0..6).map(|number| made_up(number, now)).collect();
    batch.extend((0..3).map(|number| honest(number, now)));

    let results = till.results(&batch).await;

    assert!(results.iter().all(|result| result["retry_after_seconds"].is_null()), "{results:?}");
    assert_eq!(decisions(&results, "made-up"), ["declined"; 6]);
    assert_eq!(decisions(&results, "honest"), ["approved"; 3]);
    // Nor does the till stand still by what it had stored.
    let sold = till.pos.send(&till.scene.scrip, &order_of("at-once", 100)).await.expect(201);
    assert_eq!(sold.body["decision"], "approved");
    till.scene.scrip.check_books().await;
}

#[tokio::test]
async fn behind_very_many_made_up_codes_honest_sales_wait_and_are_paid() {
    let till = Till::open(json!({})).await;
    let now = till.now().await;
    let mut batch: Vec<_> = (0..30).map(|number| made_up(number, now)).collect();
    batch.extend((0..3).map(|number| honest(number, now)));

    let results = till.results(&batch).await;

    assert_eq!(decisions(&results[..20], "made-up"), ["declined"; 20]);
    assert!(results[..20].iter().all(|result| result["reason"] == "code-not-accepted"), "{results:?}");
    results[20..].iter().for_each(|result| expect_waiting(result, "too-many-requests"));
    let read = till.pos.find(&till.scene.scrip, "honest-0").await.expect(200).body;
    assert_eq!(read["items"], json!([]), "nothing is decided");
    assert_eq!(till.scene.balances().await, [10_000, 0]);

    let ended = till.until_final(batch[20..].to_vec()).await;

    assert_eq!(decisions(&ended, "made-up"), ["declined"; 10]);
    assert_eq!(decisions(&ended, "honest"), ["approved"; 3]);
    till.scene.advance("PT31M").await;
    assert_eq!(till.scene.balances().await, [9_700, 300]);
    till.scene.scrip.check_books().await;
}

#[tokio::test]
async fn a_lock_of_the_payers_codes_declines_nothing_that_was_stored_and_makes_nothing_late() {
    let till = Till::open(json!({})).await;
    till.scene.advance("P1DT12H").await;
    let occurred = till.now().await - SignedDuration::from_hours(24) + SignedDuration::from_mins(10);
    // Somebody tries codes of the payer's, at this very shop.
    for number in 0..5 {
        let wrong = Pos::order(&format!("guess-{number}"), "alice", WRONG_CODE, 100);
        let answer = till.pos.send(&till.scene.scrip, &wrong).await.expect(201);
        assert_eq!(answer.body["reason"], "code-not-accepted");
    }

    let results = till.results(&[honest(0, occurred)]).await;
    expect_waiting(&results[0], "too-many-requests");
    let ended = till.until_final(vec![honest(0, occurred)]).await;

    assert_eq!(decisions(&ended, "honest"), ["approved"], "{ended:?}");
    // What arrives for the first time now is too late.
    let late = till.results(&[honest(1, occurred)]).await;
    assert_eq!((&late[0]["reason"], &late[0]["retry_after_seconds"]), (&json!("too-late"), &Value::Null));
}

#[tokio::test]
async fn a_lock_of_the_payers_pin_declines_nothing_that_was_stored() {
    let pin_above = json!({ "amount": 50, "currency": "CNY" });
    let till = Till::open(json!({ "pin_above": pin_above })).await;
    for number in 0..5 {
        let mut order = order_of(&format!("pin-{number}"), 100);
        order["pin"] = json!("271828");
        let answer = till.pos.send(&till.scene.scrip, &order).await.expect(201);
        assert_eq!(answer.body["reason"], "pin-refused");
    }
    let mut sale = honest(0, till.now().await);
    sale["pin"] = json!(PIN);

    let results = till.results(std::slice::from_ref(&sale)).await;
    expect_waiting(&results[0], "pin-locked");
    let ended = till.until_final(vec![sale]).await;

    assert_eq!(decisions(&ended, "honest"), ["approved"]);
}

#[tokio::test]
async fn what_a_clock_that_is_ahead_stored_is_decided_when_it_has_occurred() {
    let till = Till::open(json!({})).await;
    let ahead = till.now().await + SignedDuration::from_mins(10);
    let results = till.results(&[honest(0, ahead)]).await;
    expect_waiting(&results[0], "too-early");
    let ended = till.until_final(vec![honest(0, ahead)]).await;
    assert_eq!(decisions(&ended, "honest"), ["approved"]);

    let never = till.now().await + SignedDuration::from_hours(25);
    let results = till.results(&[honest(1, never)]).await;
    assert_eq!(
        (&results[0]["reason"], &results[0]["retry_after_seconds"]),
        (&json!("too-early"), &Value::Null)
    );
}

#[tokio::test]
async fn what_waits_tells_nothing_of_the_code() {
    let till = Till::open(json!({})).await;
    let now = till.now().await;
    let locking: Vec<_> = (0..20).map(|number| made_up(number, now)).collect();
    till.results(&locking).await;
    let mut wrong = honest(1, now);
    wrong["secure_code"] = json!(WRONG_CODE);
    let mut results = till.results(&[honest(0, now), wrong, made_up(20, now)]).await;
    for result in &mut results {
        expect_waiting(result, "too-many-requests");
        result["order_reference"] = Value::Null;
    }
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
}
