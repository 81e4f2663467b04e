//! The master secret is rotated: what was made under the old generation still holds, what is new is made under the next, and
//! once the old one is removed, what was made under it alone is refused and nothing else.

mod offline;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use scrip_clock::SignedDuration;
use scrip_identity::MasterSecret;
use scrip_test_support::coupons::{Club, STORE, order};
use scrip_test_support::deductions::{Till, amount_off};
use scrip_test_support::webhooks::confirm;
use scrip_test_support::{Bill, Pos, Scrip, User, fresh_key};
use serde_json::{Value, json};

const PIN: &str = "493817";
const CODE: &str = "493028174650";
const NEXT: &str = "the next master secret, which is long enough";

fn change(scrip: &Scrip, change: impl FnOnce(&MasterSecret) -> MasterSecret) {
    let path = scrip.running().data().join("master.key");
    let before = MasterSecret::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    std::fs::write(&path, change(&before).to_text().as_bytes()).unwrap();
}

/// Adds a generation that counts in ten minutes, as `scrip secret add` does.
async fn add(scrip: &Scrip) {
    let from = scrip.now().await + SignedDuration::from_mins(10);
    change(scrip, |master| master.with_next(NEXT, from).unwrap());
}

/// Adds a generation, and waits until it counts.
async fn rotate(scrip: &Scrip) {
    add(scrip).await;
    scrip.advance("PT10M").await;
}

/// Removes the oldest generation, and waits until functions have read it.
async fn remove(scrip: &Scrip) {
    change(scrip, |master| master.without_oldest().unwrap());
    scrip.advance("PT5M").await;
}

/// The stored hash of a user's PIN.
async fn stored_pin(scrip: &Scrip, user: &str) -> String {
    let client = aws_sdk_dynamodb::Client::new(&scrip.aws());
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let table = scrip.table("DirectoryTable").await;
    let asked =
        client.get_item().table_name(table).key("pk", key(&format!("USER#{user}"))).key("sk", key("PIN"));
    let item = asked.send().await.unwrap().item.unwrap();
    item["hash"].as_s().unwrap().clone()
}

/// A bill of ten items' worth that waits for its user to verify it.
async fn awaiting(scrip: &Scrip, user: &User, account: &str) -> (Bill, String) {
    let terminal = scrip.shop("bob", "CNY").await.terminal(scrip).await;
    let bill = user.open_bill(scrip, account, json!({})).await;
    bill.add(scrip, &terminal, 1, 100).await.expect(201);
    let request = bill.ask(scrip, user).await.expect(201).text("id");
    (bill, request)
}

#[tokio::test]
async fn pins_are_hashed_anew_at_their_next_use_and_set_anew_once_their_keys_are_removed() {
    let scrip = Scrip::start().await;
    let [alice, carol] = [scrip.user("alice").await, scrip.user("carol").await];
    let account = scrip.account(&alice, 1_000, "CNY").await;
    for user in [&alice, &carol] {
        user.set_pin(&scrip, PIN).await;
    }
    rotate(&scrip).await;
    assert!(!stored_pin(&scrip, "alice").await.contains("keyid"));
    let (bill, request) = awaiting(&scrip, &alice, &account).await;
    let wrong =
        bill.verify(&scrip, &alice, &request, "493818").await.expect_problem(422, "verification-failed");
    assert_eq!(wrong.body["attempts_left"], 2);
    assert!(!stored_pin(&scrip, "alice").await.contains("keyid"), "a wrong PIN changes no hash");
    bill.verify(&scrip, &alice, &request, PIN).await.expect(200);
    assert!(stored_pin(&scrip, "alice").await.contains(",keyid=Mg$"));
    let dora = scrip.user("dora").await;
    dora.set_pin(&scrip, PIN).await;
    assert!(stored_pin(&scrip, "dora").await.contains(",keyid=Mg$"));

    remove(&scrip).await;
    let (bill, request) = awaiting(&scrip, &alice, &account).await;
    bill.verify(&scrip, &alice, &request, PIN).await.expect(200);

    let carols = scrip.account(&carol, 1_000, "CNY").await;
    let (bill, request) = awaiting(&scrip, &carol, &carols).await;
    bill.verify(&scrip, &carol, &request, PIN).await.expect_problem(422, "pin-not-set");
    let ask = carol.authorize_static(&scrip, &carols, PIN, CODE, json!({})).await;
    ask.expect_problem(422, "pin-not-set");
    carol.set_pin(&scrip, "620417").await;
    carol.set_pin(&scrip, "620417").await;
    bill.verify(&scrip, &carol, &request, "620417").await.expect(200);
    let change = scrip.change(Method::PUT, &carol, "/v1/me/pin", &json!({ "pin": PIN })).await;
    change.refused_field("set-pin", "/current_pin", "missing-field");
}

#[tokio::test]
async fn a_request_is_the_same_after_its_hash_key_changed() {
    let scrip = Scrip::start().await;
    let otto = scrip.user("otto").await;
    let account = scrip.account(&otto, 100_000, "CNY").await;
    let pos = scrip.shop("bob", "CNY").await.pos(&scrip).await;
    otto.set_pin(&scrip, PIN).await;
    otto.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201);
    let order = Pos::order("order-1", "otto", CODE, 100);
    let paid = pos.send_keyed(&scrip, "k1", &order).await.expect(201);
    let verification = awaiting(&scrip, &otto, &account).await;
    let path = verification.0.path("/verifications");
    let answer = json!({ "verification_request": verification.1, "method": "pin", "pin": PIN });
    let settled = scrip.post_keyed(&otto, &path, "k2", &answer).await.expect(200);
    let money = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
    let wanted = json!({
        "account": account, "pin": PIN, "secure_code": { "scheme": "static", "code": "581930274615" },
        "limit": money(100), "per_transaction_limit": money(100), "uses": 1, "valid_for": "P1D",
    });
    let authorizations = "/v1/offline/authorizations";
    let granted = scrip.post_keyed(&otto, authorizations, "k3", &wanted).await.expect(201);
    let mut stored = Pos::order("order-2", "otto", CODE, 100);
    stored["occurred_at"] = json!(scrip.now().await);
    let batch = json!({ "transactions": [stored] });
    let handed_over = scrip.post_keyed(&pos, "/v1/pos/batches", "k4", &batch).await.expect(202);
    pos.completed(&scrip, &handed_over.text("id")).await;
    let balance = async || scrip.get(&otto, &format!("/v1/accounts/{account}")).await.expect(200).body;
    let after_all = balance().await;

    rotate(&scrip).await;
    let again = pos.send_keyed(&scrip, "k1", &order).await.expect(201);
    assert_eq!((again.body["id"].clone(), again.is_replay()), (paid.body["id"].clone(), true));
    let again = scrip.post_keyed(&otto, &path, "k2", &answer).await.expect(200);
    assert_eq!((&again.body, again.is_replay()), (&settled.body, true));
    let again = scrip.post_keyed(&otto, authorizations, "k3", &wanted).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&granted.body, true));
    let again = scrip.post_keyed(&pos, "/v1/pos/batches", "k4", &batch).await.expect(202);
    assert_eq!((again.body["id"].clone(), again.is_replay()), (handed_over.body["id"].clone(), true));
    pos.completed(&scrip, &handed_over.text("id")).await;
    let other = Pos::order("order-1", "otto", CODE, 101);
    pos.send_keyed(&scrip, "k1", &other).await.expect_problem(422, "idempotency-key-reused");

    // Once the keys are removed a request is not known again, but its key is: it takes no effect twice.
    remove(&scrip).await;
    for again in [
        pos.send_keyed(&scrip, "k1", &order).await,
        scrip.post_keyed(&otto, &path, "k2", &answer).await,
        scrip.post_keyed(&otto, authorizations, "k3", &wanted).await,
        scrip.post_keyed(&pos, "/v1/pos/batches", "k4", &batch).await,
    ] {
        again.expect_problem(422, "idempotency-key-reused");
    }
    assert_eq!(balance().await, after_all);
}

#[tokio::test]
async fn a_wrong_pin_counts_once_for_a_request_that_is_sent_again_after_the_keys_changed() {
    let scrip = Scrip::start().await;
    let otto = scrip.user("otto").await;
    let account = scrip.account(&otto, 100_000, "CNY").await;
    otto.set_pin(&scrip, PIN).await;
    let money = |amount: i64| json!({ "amount": amount, "currency": "CNY" });
    let wanted = json!({
        "account": account, "pin": "493818", "secure_code": { "scheme": "static", "code": CODE },
        "limit": money(100), "per_transaction_limit": money(100), "uses": 1, "valid_for": "P1D",
    });
    let left = async |key: &str| {
        let answer = scrip.post_keyed(&otto, "/v1/offline/authorizations", key, &wanted).await;
        answer.expect_problem(422, "pin-refused").body["attempts_left"].as_i64().unwrap()
    };
    assert_eq!([left("k1").await, left("k1").await], [4, 4]);
    rotate(&scrip).await;
    assert_eq!([left("k1").await, left("k2").await, left("k1").await], [4, 3, 4]);
}

#[tokio::test]
async fn an_open_bill_keeps_its_codes() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    let terminal = scrip.shop("bob", "CNY").await.terminal(&scrip).await;
    let request = json!({ "account": account, "effective_for": "PT2H" });
    let opened = scrip.post_keyed(&alice, "/v1/bills", "k1", &request).await.expect(201);
    let old = Bill { id: opened.text("id"), key: opened.text("presentation_key").parse().unwrap() };

    rotate(&scrip).await;
    let again = scrip.post_keyed(&alice, "/v1/bills", "k1", &request).await.expect(201);
    assert_eq!(again.body, opened.body);
    let new = alice.open_bill(&scrip, &account, json!({})).await;
    for bill in [&old, &new] {
        bill.add(&scrip, &terminal, 1, 100).await.expect(201);
    }

    remove(&scrip).await;
    new.add(&scrip, &terminal, 1, 100).await.expect(201);
    old.add(&scrip, &terminal, 1, 100).await.refused("add-items", 422, "presentation-code-refused");
    assert_eq!(old.read(&scrip, &alice).await["total"]["amount"], 100);
}

#[tokio::test]
async fn signing_keys_are_published_before_they_sign_and_while_what_they_signed_counts() {
    let till = Till::open().await;
    let scrip = &till.scrip;
    till.stock("tea", "promotion", amount_off(100)).await;
    let published = async || {
        let keys = scrip.get(&till.payer, "/v1/deductions/keys").await.expect(200).body;
        let keys = keys["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let signs = async || {
        let rule = scrip.get(&till.payer, &till.path("/tea/rule")).await.expect(200).text("signature");
        let head = BASE64URL_NOPAD.decode(rule.split('.').next().unwrap().as_bytes()).unwrap();
        let head: Value = serde_json::from_slice(&head).unwrap();
        head["kid"].as_str().unwrap().to_owned()
    };
    let old = signs().await;
    assert_eq!(published().await, [old.as_str()]);

    add(scrip).await;
    scrip.advance("PT5M").await;
    assert_eq!(signs().await, old);
    let both = published().await;
    assert_eq!((both.len(), both[0].as_str()), (2, old.as_str()));
    scrip.advance("PT5M").await;
    let new = signs().await;
    assert_eq!(published().await, [new.as_str(), old.as_str()]);
    assert_eq!(both[1], new);

    remove(scrip).await;
    assert_eq!((signs().await, published().await), (new.clone(), vec![new]));
}

#[tokio::test]
async fn webhook_keys_overlap() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let old = shop.webhook_key(&scrip).await;
    let public = shop.public_webhook_key(&scrip).await;
    let body = || json!({ "merchant": shop.id, "codes": ["100000000000000000"], "order": order(100) });
    rotate(&scrip).await;
    let new = shop.webhook_key(&scrip).await;
    for key in [&old, &new, &public] {
        confirm(&scrip, key, &fresh_key(), &body()).await.expect(202);
    }
    remove(&scrip).await;
    for key in [&new, &public] {
        confirm(&scrip, key, &fresh_key(), &body()).await.expect(202);
    }
    confirm(&scrip, &old, &fresh_key(), &body()).await.refused("confirm-coupons", 401, "unauthenticated");
}

#[tokio::test]
async fn coupon_codes_that_are_shown_count_by_either_generation() {
    let club = Club::open().await;
    let scrip = &club.scrip;
    let reserved = club.reserved().await;
    rotate(scrip).await;
    let used = club.olga.verify(scrip, STORE, &reserved.code).await.expect(201);
    assert_eq!(used.text("verdict"), "accepted", "{used:?}");

    let other = club.reserved().await;
    remove(scrip).await;
    let used = club.olga.verify(scrip, STORE, &other.code).await.expect(201);
    assert_eq!(used.text("verdict"), "accepted", "{used:?}");
}

#[tokio::test]
async fn a_secret_that_can_not_be_read_changes_nothing_and_is_told() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    std::fs::write(scrip.running().data().join("master.key"), "short").unwrap();
    scrip.advance("PT5M").await;
    alice.set_pin(&scrip, PIN).await;
    let told = scrip.log().lines().into_iter().find(|line| line["level"] == "error").unwrap();
    assert_eq!(told["operation"], "set-pin");
    assert_eq!(told["detail"], "the master secret has fewer than 32 bytes");
}
