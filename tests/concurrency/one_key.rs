//! One request, sent many times at once: each is told what the first is told, and nothing is done twice.

use super::at_once;
use reqwest::Method;
use scrip_directory::PIN_ATTEMPTS;
use scrip_test_support::{Answer, Scrip, fresh_key};
use serde_json::{Value, json};

const PIN: &str = "493817";
const WRONG_PIN: &str = "730164";
const MANY: usize = 40;
/// Requests that hash a PIN.
const SOME: usize = 8;

/// Requires that all are told the same, or to come again; and one at least is told.
#[track_caller]
fn expect_all(answers: &[Answer], status: u16) -> Value {
    let told = answers.iter().find(|answer| answer.status != 503).expect("an answer that is not busy");
    let same = |answer: &&Answer| answer.status == status && answer.told() == told.told();
    let others: Vec<_> = answers.iter().filter(|answer| !same(answer) && answer.status != 503).collect();
    assert!(others.is_empty(), "beside {}: {others:#?}", told.body);
    told.body.clone()
}

#[tokio::test]
async fn forty_cancellations_with_one_key_are_one() {
    let scrip = Scrip::contended().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    let (key, path) = (fresh_key(), bill.path("/cancellations"));
    let (scrip, alice, key, path) = (&scrip, &alice, key.as_str(), path.as_str());
    let cancel = async |key: &str| scrip.post_keyed(alice, path, key, &json!({})).await;
    let told = expect_all(&at_once(MANY, |_| cancel(key)).await, 200);
    assert_eq!((&told["status"], &told["version"]), (&"cancelled".into(), &2.into()));
    cancel(key).await.expect(200);
    cancel("another").await.expect_problem(409, "bill-not-open");
}

#[tokio::test]
async fn forty_amendments_alike_are_one() {
    let scrip = Scrip::contended().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    let (scrip, alice, path) = (&scrip, &alice, bill.path(""));
    let amend = async |version: i64, more: &str| {
        let body = json!({ "version": version, "extend_by": more });
        scrip.change(Method::PATCH, alice, &path, &body).await
    };
    let told = expect_all(&at_once(MANY, |_| amend(1, "PT1H")).await, 200);
    assert_eq!(told["version"], 2);
    amend(1, "PT2H").await.refused("amend-bill", 409, "version-stale");
    amend(2, "PT1H").await.expect(200);
    // The first once more, however late.
    let again = amend(1, "PT1H").await.expect(200);
    assert_eq!((again.body["effective_until"] == told["effective_until"], again.is_replay()), (true, true));
    assert_eq!(bill.read(scrip, alice).await["version"], 3);
}

#[tokio::test]
async fn a_key_is_removed_once_and_never_comes_back() {
    let scrip = Scrip::contended().await;
    let shop = scrip.shop("bob", "CNY").await;
    let (made_with, removed_with) = (fresh_key(), fresh_key());
    let (scrip, shop) = (&scrip, &shop);
    let make = async || {
        scrip.post_keyed(&shop.owner, &shop.webhook_keys_path(), &made_with, &json!({ "kind": "v1" })).await
    };
    let id = make().await.expect(201).text("id");
    let path = format!("{}/{id}", shop.webhook_keys_path());
    let remove =
        async |key: &str| scrip.send(Method::DELETE, &shop.owner, &path, Some(key), Vec::new()).await;
    expect_all(&at_once(MANY, |_| remove(&removed_with)).await, 204);
    remove(&removed_with).await.expect(204);
    remove("another").await.refused("remove-webhook-key", 404, "not-found");

    assert_eq!(make().await.expect(201).text("id"), id);
    let listed = scrip.get(&shop.owner, &shop.webhook_keys_path()).await.expect(200);
    assert_eq!(listed.body["items"], json!([]));
}

#[tokio::test]
async fn a_wrong_pin_counts_once_for_a_request() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    alice.set_pin(&scrip, PIN).await;
    let (scrip, alice) = (&scrip, &alice);
    let change = json!({ "pin": "820461", "current_pin": WRONG_PIN }).to_string().into_bytes();
    let change =
        async |key: &str| scrip.send(Method::PUT, alice, "/v1/me/pin", Some(key), change.clone()).await;
    let key = fresh_key();
    let told = expect_all(&at_once(SOME, |_| change(&key)).await, 422);
    assert_eq!((&told["code"], &told["attempts_left"]), (&"pin-refused".into(), &(PIN_ATTEMPTS - 1).into()));
    for _ in 0..PIN_ATTEMPTS {
        assert_eq!(change(&key).await.body["attempts_left"], PIN_ATTEMPTS - 1);
    }
    assert_eq!(change(&fresh_key()).await.body["attempts_left"], PIN_ATTEMPTS - 2);
}
