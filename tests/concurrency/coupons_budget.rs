//! Many uses at once of a campaign with a budget: they take all of it and no more, in whatever parts it lies.

use super::{at_once, succeeded};
use scrip_test_support::coupons::{STORE, off, order, verification, yuan};
use scrip_test_support::{Answer, Scrip, User, fresh_key};
use serde_json::{Value, json};

const HOLDERS: usize = 32;
/// Enough coupons for stock and budget to be spread over items.
const QUANTITY: i64 = 160;

/// Asks until it is decided.
async fn use_one(scrip: &Scrip, operator: &User, code: &str) -> Answer {
    let request = verification(STORE, code, &json!({ "order": order(1_000) }));
    let key = fresh_key();
    loop {
        let answer = operator.verify_keyed(scrip, &key, &request).await;
        if answer.body["code"] != "busy" {
            return answer;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uses_at_once_take_all_of_a_budget_and_no_more() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let olga = shop.operator(&scrip, "olga", &[STORE]).await;
    // A part has enough for one use, and what is left of all parts has enough for four more.
    let terms = json!({ "quantity": QUANTITY, "per_user": 1, "benefit": off(100), "budget": yuan(2_050) });
    let campaign = shop.campaign(&scrip, &terms).await;
    let mut codes = Vec::new();
    for place in 0..HOLDERS {
        let holder = scrip.user(&format!("holder-{place}")).await;
        let coupon = holder.taken(&scrip, &campaign).await;
        codes.push(holder.code(&scrip, &coupon).await);
    }

    let (scrip, olga, codes) = (&scrip, &olga, &codes);
    let answers = at_once(HOLDERS, |n| use_one(scrip, olga, &codes[n])).await;

    assert_eq!(succeeded(&answers, 201, &[]), HOLDERS);
    let (used, refused): (Vec<&Value>, Vec<&Value>) =
        answers.iter().map(|answer| &answer.body).partition(|body| body["verdict"] == "accepted");
    assert_eq!(used.len(), 20);
    assert!(refused.iter().all(|body| body["reason"] == "budget-exhausted"), "{refused:?}");

    // What is taken back is there for the next one, even if it is in another part.
    let taken_back = used[0]["id"].as_str().expect("an id");
    olga.reverse_verification(scrip, &fresh_key(), taken_back).await.expect(201);
    let late = scrip.user("late").await;
    let coupon = late.taken(scrip, &campaign).await;
    let code = late.code(scrip, &coupon).await;
    assert_eq!(use_one(scrip, olga, &code).await.expect(201).body["verdict"], "accepted");
}
