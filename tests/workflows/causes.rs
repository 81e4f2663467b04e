//! What follows from a request says in the log which request that was, however late and by whichever way it comes.

use super::coupons;
use super::scene::Scene;
use reqwest::Method;
use scrip_test_support::{Bill, Fault, Scrip, fresh_key};
use serde_json::{Value, json};

/// Opens a bill, twice with one key: the bill, and the ids of the two requests.
async fn open(scrip: &Scrip, account: &str) -> (Bill, [String; 2]) {
    let alice = scrip.user("alice").await;
    let (key, terms) = (fresh_key(), json!({ "account": account, "effective_for": "PT2H" }));
    let mut requests = Vec::new();
    for replayed in [None, Some("true")] {
        let answer = scrip.post_keyed(&alice, "/v1/bills", &key, &terms).await.expect(201);
        assert_eq!(answer.headers.get("idempotent-replayed").map(String::as_str), replayed);
        requests.push(answer);
    }
    let [first, second] = requests.try_into().expect("two answers");
    let key = first.text("presentation_key").parse().expect("a key");
    let ids = [&first, &second].map(|answer| answer.headers["x-request-id"].clone());
    (Bill { id: first.text("id"), key }, ids)
}

/// The lines of an operation.
fn lines(scrip: &Scrip, operation: &str) -> Vec<Value> {
    let lines = scrip.log().lines().into_iter();
    let lines: Vec<_> = lines.filter(|line| line["operation"] == operation).collect();
    assert!(!lines.is_empty(), "{operation} wrote no line");
    lines
}

/// Requires that each line of the operation goes back to that request, and is an invocation of its own.
#[track_caller]
fn expect_cause(scrip: &Scrip, operation: &str, request: &str) {
    for line in lines(scrip, operation) {
        assert_eq!(line["causes"], json!([request]), "{line}");
        let id = line["request_id"].as_str().expect("an id");
        assert!(id != request && id.len() == 36, "{line}");
    }
}

#[tokio::test]
async fn the_request_that_opened_a_bill_is_told_by_all_that_ends_it() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let (bill, [first, second]) = open(&scrip, &account).await;
    bill.add(&scrip, &terminal, 1, 100).await.expect(201);
    let terms = json!({ "version": 1, "extend_by": "PT1H" });
    scrip.change(Method::PATCH, &alice, &bill.path(""), &terms).await.expect(200);

    scrip.advance("PT4H").await;

    let opened: Vec<_> = lines(&scrip, "open-bill").iter().map(|line| line["request_id"].clone()).collect();
    assert_eq!(opened, [first.as_str(), second.as_str()]);
    assert!(lines(&scrip, "open-bill").iter().all(|line| line["causes"].is_null()));
    assert_eq!(lines(&scrip, "expire-bill").len(), 1, "it waited for its new time");
    for operation in ["expire-bill", "lapse-bill"] {
        expect_cause(&scrip, operation, &first);
    }
}

#[tokio::test]
async fn what_could_not_be_started_when_it_was_due_tells_its_request() {
    let scene = Scene::begin().await;
    scene.faults.plan("start-due", [Fault::Without("MACHINE_BILL_EXPIRY")]);
    let (bill, [first, _]) = open(&scene.scrip, &scene.account).await;

    scene.advance("PT2H1M").await;

    scene.expect_outcome(&bill, "expired", "Expired").await;
    expect_cause(&scene.scrip, "expire-bill", &first);
    let note = lines(&scene.scrip, "start-due").into_iter().find(|line| line["detail"].is_string());
    let note = note.expect("a line of the bill");
    assert_eq!(note["causes"], json!([first]));
    let detail = note["detail"].as_str().expect("a text");
    assert!(detail.contains(&bill.id) && detail.contains("MACHINE_BILL_EXPIRY"), "{detail}");
}

#[tokio::test]
async fn the_request_that_made_an_item_is_told_by_the_way_of_the_queue_too() {
    let scene = coupons::Scene::begin().await;
    scene.faults.plan("start-workflows", [Fault::Without("MACHINE_COUPON_REWARD")]);
    let verified = scene.verified().await;

    scene.scrip().advance("PT10M").await;

    for operation in ["start-workflows", "retry-workflows", "reward-redemption"] {
        expect_cause(scene.scrip(), operation, &verified.headers["x-request-id"]);
    }
    let note = lines(scene.scrip(), "start-workflows").into_iter().find(|line| line["detail"].is_string());
    let detail = note.as_ref().and_then(|note| note["detail"].as_str()).expect("a line of the record");
    assert!(detail.contains("kept in the queue") && detail.contains("MACHINE_COUPON_REWARD"), "{detail}");
}

#[tokio::test]
async fn who_is_asked_about_a_token_says_for_which_request() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let answer = scrip.get(&alice, "/v1/accounts").await.expect(200);
    expect_cause(&scrip, "authorize", &answer.headers["x-request-id"]);
}
