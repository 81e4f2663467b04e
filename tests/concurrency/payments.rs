//! Shares that many pay at the same moment, and requests that end meanwhile.

use super::{at_once, race, succeeded};
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use scrip_test_support::{Answer, Scrip, User, fresh_key};
use serde_json::{Value, json};

const SHARE: i64 = 100;

struct Table {
    scrip: Scrip,
    alice: User,
    account: String,
    payers: Vec<(User, String)>,
    group: Group,
}

impl Table {
    async fn lay(scrip: Scrip, count: usize) -> Self {
        let alice = scrip.user("alice").await;
        let account = scrip.account(&alice, 0, "CNY").await;
        let mut payers = Vec::new();
        for n in 0..count {
            let payer = scrip.user(&format!("payer-{n}")).await;
            let purse = scrip.account(&payer, 10 * SHARE, "CNY").await;
            payers.push((payer, purse));
        }
        let users: Vec<&User> = payers.iter().map(|(payer, _)| payer).collect();
        let group = Group::gather(&scrip, &alice, &users).await;
        Self { scrip, alice, account, payers, group }
    }

    async fn ask(&self) -> PaymentRequest {
        let users: Vec<&User> = self.payers.iter().map(|(payer, _)| payer).collect();
        let terms = json!({ "split": equally(&self.scrip, &users) });
        let total = SHARE * i64::try_from(users.len()).unwrap();
        PaymentRequest::of(self.group.ask(&self.scrip, &self.alice, &self.account, total, &terms).await)
    }

    /// Pays until it is decided. The key is the same each time.
    async fn pay(&self, request: &PaymentRequest, n: usize, key: &str, terms: &Value) -> Answer {
        let (payer, purse) = &self.payers[n];
        let payment = scrip_test_support::coupons::with(json!({ "account": purse }), terms);
        loop {
            let answer = self.scrip.post_keyed(payer, &request.path("/payments"), key, &payment).await;
            if answer.body["code"] != "busy" {
                return answer;
            }
        }
    }

    async fn read(&self, request: &PaymentRequest) -> Value {
        request.read(&self.scrip, &self.alice).await.expect(200).body
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(feature = "deployed", ignore = "the embedded store alone can be told to refuse")]
async fn ninety_seven_who_meet_at_the_payee_all_pay() {
    let table = Table::lay(Scrip::contended().await, 97).await;
    let request = table.ask().await;
    let (table, request) = (&table, &request);
    let answers = at_once(97, |n| async move { table.pay(request, n, &fresh_key(), &json!({})).await }).await;
    assert_eq!(succeeded(&answers, 201, &[]), 97);
    let read = table.read(request).await;
    assert_eq!((&read["status"], &read["collected"]["amount"]), (&json!("completed"), &json!(97 * SHARE)));
    assert_eq!(table.scrip.check_books().await[&table.account], 97 * SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_payments_of_one_share_one_is_made() {
    let table = Table::lay(Scrip::start().await, 2).await;
    let request = table.ask().await;
    let (table, request) = (&table, &request);
    // Half of them by another one, who pays for the first.
    let answers = at_once(20, |n| async move {
        let whose = json!({ "for": table.scrip.known_as("payer-0") });
        table.pay(request, n % 2, &fresh_key(), &whose).await
    })
    .await;
    assert_eq!(succeeded(&answers, 201, &["share-settled"]), 1);
    assert_eq!(table.scrip.check_books().await[&table.account], SHARE);
    assert_eq!(table.read(request).await["collected"]["amount"], SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_paid_at_once_are_never_more_than_the_share() {
    let table = Table::lay(Scrip::start().await, 1).await;
    let request = table.ask().await;
    let (table, request) = (&table, &request);
    let answers = at_once(8, |_| async move {
        let part = json!({ "amount": { "amount": 30, "currency": "CNY" } });
        table.pay(request, 0, &fresh_key(), &part).await
    })
    .await;
    assert_eq!(succeeded(&answers, 201, &["amount-above-due"]), 3);
    assert_eq!(table.scrip.check_books().await[&table.account], 90);
}

/// Whatever comes first: the answer of who stops says which shares were paid, and no other one is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_and_payments_agree_on_what_was_paid() {
    let table = Table::lay(Scrip::start().await, 4).await;
    for round in 0..8 {
        let request = table.ask().await;
        let before = table.scrip.balance(&table.alice, &table.account).await;
        let (table, request) = (&table, &request);
        let paying = at_once(4, |n| async move { table.pay(request, n, &fresh_key(), &json!({})).await });
        let stopping = async { vec![request.stop(&table.scrip, &table.alice).await] };
        let answers = race(round, paying, stopping).await;
        let (stops, payments): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| answer.operation.as_deref() == Some("stop-payment-request"));
        let paid = succeeded(&payments, 201, &["request-not-open", "share-settled"]);
        let paid = i64::try_from(paid).unwrap() * SHARE;
        // Where all had paid, there was nothing left to close, but it is stopped all the same.
        let told = stops[0].body.clone();
        assert_eq!((stops[0].status, &told["collected"]["amount"]), (200, &json!(paid)), "{told}");
        assert_eq!(table.read(request).await, told);
        assert_eq!(table.scrip.balance(&table.alice, &table.account).await, before + paid);
    }
    table.scrip.check_books().await;
}
