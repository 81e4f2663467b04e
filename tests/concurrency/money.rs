//! Transfers and reversals at the same moment.

use super::{at_once, succeeded};
use scrip_test_support::{Answer, Scrip, Shop, User, fresh_key};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn order(from: &str, to: &str, amount: i64) -> Value {
    json!({ "from": from, "to": to, "amount": { "amount": amount, "currency": "CNY" } })
}

async fn pay(scrip: &Scrip, payer: &User, from: &str, to: &str, amount: i64) -> Answer {
    scrip.post(payer, "/v1/transfers", &order(from, to, amount)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_payments_from_one_account_as_many_succeed_as_it_can_pay() {
    let scrip = Scrip::start().await;
    let (alice, bob) = (scrip.user("alice").await, scrip.user("bob").await);
    let from = scrip.account(&alice, 9_850, "CNY").await;
    let to = scrip.account(&bob, 0, "CNY").await;

    let answers = at_once(200, |_| pay(&scrip, &alice, &from, &to, 100)).await;

    assert_eq!(succeeded(&answers, 201, &["insufficient-funds"]), 98);
    let books = scrip.check_books().await;
    assert_eq!((books[&from], books[&to]), (50, 9_800));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_sent_200_times_is_one_payment_with_one_answer() {
    let scrip = Scrip::start().await;
    let (alice, bob) = (scrip.user("alice").await, scrip.user("bob").await);
    let from = scrip.account(&alice, 1_000, "CNY").await;
    let to = scrip.account(&bob, 0, "CNY").await;
    let (key, request) = (fresh_key(), order(&from, &to, 700));

    let answers = at_once(200, |_| scrip.post_keyed(&alice, "/v1/transfers", &key, &request)).await;

    assert_eq!(succeeded(&answers, 201, &[]), 200);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    for answer in &answers {
        assert_eq!(answer.body, answers[0].body);
    }
    let books = scrip.check_books().await;
    assert_eq!((books[&from], books[&to]), (300, 700));
    let other = order(&from, &to, 701);
    scrip
        .post_keyed(&alice, "/v1/transfers", &key, &other)
        .await
        .expect_problem(422, "idempotency-key-reused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_sent_with_two_orders_at_once_is_one_of_them() {
    let scrip = Scrip::start().await;
    let (alice, bob) = (scrip.user("alice").await, scrip.user("bob").await);
    let from = scrip.account(&alice, 1_000, "CNY").await;
    let to = scrip.account(&bob, 0, "CNY").await;
    let key = fresh_key();
    let requests = [order(&from, &to, 10), order(&from, &to, 20)];

    let answers = at_once(40, |n| scrip.post_keyed(&alice, "/v1/transfers", &key, &requests[n % 2])).await;

    assert_eq!(succeeded(&answers, 201, &["idempotency-key-reused"]), 20);
    let amounts: BTreeSet<i64> =
        answers.iter().filter_map(|answer| answer.body["amount"]["amount"].as_i64()).collect();
    assert_eq!(amounts.len(), 1);
    assert_eq!(Some(&scrip.check_books().await[&to]), amounts.first());
}

/// Pays 1,000, then sends it back in a hundred parts of 30 at once: 33 fit.
async fn reverse_in_parts(scrip: &Scrip, payee: &User, to: &str) {
    let alice = scrip.user("alice").await;
    let from = scrip.account(&alice, 1_000, "CNY").await;
    let transfer = pay(scrip, &alice, &from, to, 1_000).await.expect(201).text("id");
    let path = format!("/v1/transfers/{transfer}/reversals");
    let part = json!({ "amount": { "amount": 30, "currency": "CNY" } });

    let answers = at_once(100, |_| scrip.post(payee, &path, &part)).await;

    assert_eq!(succeeded(&answers, 201, &["reversal-exceeds-transfer"]), 33);
    assert_eq!(scrip.check_books().await[&from], 990);
    let rest = json!({});
    let whole = at_once(20, |_| scrip.post(payee, &path, &rest)).await;
    assert_eq!(succeeded(&whole, 201, &["reversal-exceeds-transfer"]), 1);
    let books = scrip.check_books().await;
    assert_eq!(books[&from], 1_000);
    let read = scrip.get(&alice, &format!("/v1/transfers/{transfer}")).await.expect(200);
    assert_eq!(read.body["reversed"]["amount"], 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reversals_by_a_user_never_exceed_the_transfer() {
    let scrip = Scrip::start().await;
    let bob = scrip.user("bob").await;
    // The payee could pay more than once.
    let to = scrip.account(&bob, 5_000, "CNY").await;
    reverse_in_parts(&scrip, &bob, &to).await;
    assert_eq!(scrip.balance(&bob, &to).await, 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reversals_by_a_merchant_never_exceed_the_transfer() {
    let scrip = Scrip::start().await;
    let Shop { account, owner, .. } = scrip.shop("bob", "CNY").await;
    let carol = scrip.user("carol").await;
    let from = scrip.account(&carol, 5_000, "CNY").await;
    pay(&scrip, &carol, &from, &account, 5_000).await.expect(201);
    reverse_in_parts(&scrip, &owner, &account).await;
    assert_eq!(scrip.balance(&owner, &account).await, 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_merchant_pays_out_no_more_than_came_in_while_payments_come_in() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let alice = scrip.user("alice").await;
    let from = scrip.account(&alice, 100_000, "CNY").await;
    let till = scrip.account(&shop.owner, 0, "CNY").await;
    // Spread over the parts of the account, so that most payouts gather from several.
    for answer in at_once(40, |_| pay(&scrip, &alice, &from, &shop.account, 10)).await {
        answer.expect(201);
    }

    let (payments, payouts) = futures::join!(
        at_once(40, |_| pay(&scrip, &alice, &from, &shop.account, 10)),
        at_once(16, |_| pay(&scrip, &shop.owner, &shop.account, &till, 70)),
    );

    assert_eq!(succeeded(&payments, 201, &[]), 40);
    let paid_out = 70 * i64::try_from(succeeded(&payouts, 201, &["insufficient-funds", "busy"])).unwrap();
    let books = scrip.check_books().await;
    assert_eq!((books[&shop.account], books[&till]), (800 - paid_out, paid_out));
    assert!(paid_out >= 350, "what was there before could be paid out: {paid_out}");
    assert_eq!(scrip.balance(&shop.owner, &shop.account).await, 800 - paid_out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_merchant_with_enough_is_never_told_that_it_has_too_little() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let alice = scrip.user("alice").await;
    let from = scrip.account(&alice, 100_000, "CNY").await;
    let till = scrip.account(&shop.owner, 0, "CNY").await;
    for answer in at_once(36, |_| pay(&scrip, &alice, &from, &shop.account, 10)).await {
        answer.expect(201);
    }

    // All in all exactly what is there, and each payout plans to empty the same parts.
    let answers = at_once(24, |_| pay(&scrip, &shop.owner, &shop.account, &till, 15)).await;

    let mut paid = succeeded(&answers, 201, &["busy"]);
    while paid < 24 {
        pay(&scrip, &shop.owner, &shop.account, &till, 15).await.expect(201);
        paid += 1;
    }
    let books = scrip.check_books().await;
    assert_eq!((books[&shop.account], books[&till]), (0, 360));
    pay(&scrip, &shop.owner, &shop.account, &till, 1).await.expect_problem(422, "insufficient-funds");
}
