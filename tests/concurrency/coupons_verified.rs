//! One code at many counters at once: one of them takes the coupon, and whoever asks again is told the same.

use super::{at_once, succeeded};
use scrip_test_support::coupons::{STORE, order, verification, yuan};
use scrip_test_support::{Answer, Scrip, Shop, User, fresh_key};
use serde_json::{Value, json};

const OPERATORS: usize = 50;
const COPIES: usize = 20;

/// Asks until it is decided.
async fn verify(scrip: &Scrip, operator: &User, key: &str, request: &Value) -> Answer {
    loop {
        let answer = operator.verify_keyed(scrip, key, request).await;
        if answer.body["code"] != "busy" {
            return answer;
        }
    }
}

async fn shown(scrip: &Scrip, shop: &Shop) -> Value {
    let campaign = shop.campaign(scrip, &json!({})).await;
    let hanna = scrip.user("hanna").await;
    let coupon = hanna.taken(scrip, &campaign).await;
    verification(STORE, &hanna.code(scrip, &coupon).await, &json!({ "order": order(5_000) }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_operators_one_takes_the_coupon() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let mut operators = Vec::new();
    for n in 0..OPERATORS {
        operators.push(shop.operator(&scrip, &format!("operator-{n}"), &[STORE]).await);
    }
    let request = shown(&scrip, &shop).await;

    let (scrip, operators, request) = (&scrip, &operators, &request);
    let answers =
        at_once(OPERATORS, |n| async move { verify(scrip, &operators[n], &fresh_key(), request).await })
            .await;

    assert_eq!(succeeded(&answers, 201, &[]), OPERATORS);
    let (used, refused): (Vec<_>, Vec<_>) =
        answers.iter().map(|answer| &answer.body).partition(|body| body["verdict"] == "accepted");
    assert_eq!((used.len(), refused.len()), (1, OPERATORS - 1));
    assert_eq!(used[0]["benefit"]["deduction"], yuan(1_000));
    for refused in refused {
        assert_eq!(
            (&refused["verdict"], &refused["reason"]),
            (&json!("refused"), &json!("already-redeemed"))
        );
        assert_eq!(refused["redeemed"]["verification"], used[0]["id"]);
        assert_eq!(refused["redeemed"]["operator"], used[0]["operator"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_scan_that_comes_20_times_at_once_is_one_verification() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let olga = shop.operator(&scrip, "olga", &[STORE]).await;
    let (request, key) = (shown(&scrip, &shop).await, fresh_key());

    let (scrip, olga, request, key) = (&scrip, &olga, &request, key.as_str());
    let answers = at_once(COPIES, |_| verify(scrip, olga, key, request)).await;

    assert_eq!(succeeded(&answers, 201, &[]), COPIES);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(answers[0].body["verdict"], "accepted");
    let listed = shop.verifications(scrip, olga, "").await.expect(200).body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
