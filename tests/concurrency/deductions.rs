//! Many purchases at once: no coupon is used twice, no order paid twice, and the books hold.

use super::{at_once, succeeded};
use futures::future::join;
use scrip_test_support::deductions::{Till, amount_off, purchase, with_item};
use scrip_test_support::{Answer, Terminal};
use serde_json::{Value, json};

const REQUESTS: usize = 20;

/// Asks until it is decided.
async fn pay(till: &Till, terminal: &Terminal, purchase: &Value) -> Answer {
    loop {
        let answer = till.scrip.post(terminal, "/v1/deductions/transfers", purchase).await;
        if answer.body["code"] != "busy" {
            return answer;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_20_at_once_one_uses_the_coupon() {
    let till = Till::open().await;
    till.stock("five", "coupon", amount_off(500)).await;
    till.grant("five", 1).await.expect(201);
    let mut terminals = Vec::new();
    for _ in 0..4 {
        terminals.push(till.shop.terminal(&till.scrip).await);
    }

    let (till, terminals) = (&till, &terminals);
    let answers = at_once(REQUESTS, |n| async move {
        pay(till, &terminals[n % 4], &with_item(purchase(1_000, 500), "five", 1)).await
    })
    .await;

    assert_eq!(succeeded(&answers, 201, &["insufficient-funds"]), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((&refused.body["item"], &refused.body["available"]), (&json!("five"), &json!(0)));
    }
    assert_eq!((till.units("five").await, till.money().await), (0, (99_500, 500)));
    till.scrip.check_books().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_20_at_once_for_one_order_one_pays() {
    let till = Till::open().await;
    till.stock("five", "coupon", amount_off(500)).await;
    till.grant("five", 20).await.expect(201);
    let request = with_item(purchase(1_000, 500), "five", 1);

    let (till, request) = (&till, &request);
    let answers = at_once(REQUESTS, |_| pay(till, &till.terminal, request)).await;

    assert_eq!(succeeded(&answers, 201, &[]), REQUESTS);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!((till.units("five").await, till.money().await), (19, (99_500, 500)));
    till.scrip.check_books().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rule_that_changes_meanwhile_is_stale_or_was_right() {
    const ROUNDS: u32 = 6;
    let till = Till::open().await;
    for round in 1..=ROUNDS {
        let before = i64::from(round) * 10;
        let version = till.stock("off", "promotion", amount_off(before)).await;
        let request = with_item(purchase(1_000, 1_000 - before), "off", version);
        let next = json!({ "kind": "promotion", "rule": amount_off(before + 1) });
        let (paid, put) = join(pay(&till, &till.terminal, &request), till.put("off", &next)).await;
        put.expect(200);
        if paid.status == 201 {
            assert_eq!(paid.body["steps"][0]["version"], version);
        } else {
            let current = &paid.expect_problem(409, "rule-version-stale").body["current"];
            assert_eq!(current["version"], version + 1);
        }
    }
    till.scrip.check_books().await;
}
