use crate::api::world::{ORDER, PIN, SECURE_CODE, World, money};
use scrip_clock::SignedDuration;
use scrip_secure_code::{Alias, Totp, TotpAlgorithm, TotpSecret};
use scrip_test_support::{Answer, Pos, fresh_key};
use serde_json::{Value, json};

/// A second code of Otto's.
const OTHER_CODE: &str = "581930274615";
const WRONG_CODE: &str = "100000000000";

/// The reason of a decline.
#[track_caller]
fn declined(answer: &Answer) -> &str {
    assert_eq!((answer.status, &answer.body["decision"]), (201, &json!("declined")), "{}", answer.body);
    answer.body["reason"].as_str().unwrap()
}

#[track_caller]
fn approved(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["decision"]), (201, &json!("approved")), "{}", answer.body);
}

impl World {
    async fn ask(&self, code: &str, amount: i64) -> Answer {
        self.pos.ask(&self.scrip, "otto", code, amount).await
    }

    /// A second authorization of Otto's, with the other code.
    async fn other_code(&self, terms: Value) -> Value {
        let answer = self.otto.authorize_static(&self.scrip, &self.ottos, PIN, OTHER_CODE, terms).await;
        answer.expect(201).body
    }

    /// What the last invocation of the operation told the log, and nobody else.
    #[cfg(not(feature = "deployed"))]
    fn logged_reason(&self) -> Option<String> {
        let lines = self.scrip.log().lines();
        let line = lines.iter().rfind(|line| line["operation"] == "create-pos-transaction").unwrap();
        line["reason"].as_str().map(str::to_owned)
    }
}

#[tokio::test]
async fn a_right_code_moves_the_money_out_of_the_payers_account() {
    let world = World::start().await;
    let before = world.has().await;
    let paid = world.ask(SECURE_CODE, 1_250).await;
    insta::assert_snapshot!({
        let mut shown = paid.clone();
        shown.body["order_reference"] = json!("[reference]");
        shown.snapshot()
    });
    assert_eq!(world.spent(before).await, 1_250);
    let path = format!("/v1/accounts/{}/entries", world.ottos);
    let entries = world.scrip.get(&world.otto, &path).await.expect(200).body;
    assert_eq!(
        (&entries["items"][0]["kind"], &entries["items"][0]["amount"]),
        (&json!("capture"), &money(-1_250))
    );
    world.scrip.check_books().await;
}

#[tokio::test]
async fn an_order_is_paid_once_whatever_key_and_code_it_is_asked_for_with() {
    let world = World::start().await;
    let first = Pos::order(ORDER, "otto", SECURE_CODE, 900);
    for code in [SECURE_CODE, WRONG_CODE, OTHER_CODE] {
        let mut again = Pos::order(ORDER, "otto", code, 900);
        again["pin"] = json!(PIN);
        let answer = world.unchanged(world.pos.send(&world.scrip, &again)).await;
        approved(&answer);
        assert!(answer.is_replay());
        assert_eq!(answer.text("id"), world.paid);
    }
    for (user, amount) in [("otto", 901), ("mallory", 900)] {
        let other = Pos::order(ORDER, user, SECURE_CODE, amount);
        let answer = world.unchanged(world.pos.send(&world.scrip, &other)).await;
        answer.refused("create-pos-transaction", 422, "order-reference-reused");
    }
    // Another point of sale has orders of its own.
    let answer = world.other_pos.send(&world.scrip, &first).await;
    approved(&answer);
    assert_ne!(answer.text("id"), world.paid);
}

#[tokio::test]
async fn a_key_pays_one_order() {
    let world = World::start().await;
    let key = fresh_key();
    let order = Pos::order("order-7", "otto", SECURE_CODE, 300);
    approved(&world.pos.send_keyed(&world.scrip, &key, &order).await);
    for code in [SECURE_CODE, WRONG_CODE] {
        let other = Pos::order("order-8", "otto", code, 300);
        let answer = world.unchanged(world.pos.send_keyed(&world.scrip, &key, &other)).await;
        answer.refused("create-pos-transaction", 422, "idempotency-key-reused");
    }
    assert_eq!(world.pos.find(&world.scrip, "order-8").await.expect(200).body["items"], json!([]));
}

#[tokio::test]
async fn a_code_that_changes_pays_once() {
    let world = World::start().await;
    let before = world.has().await;
    let secret = TotpSecret::from_bytes([7; 32]).unwrap();
    let granted = world
        .otto
        .authorize_totp(&world.scrip, &world.ottos, PIN, &secret.to_base64url(), json!({}))
        .await
        .expect(201);
    let alias: Alias = granted.text("alias").parse().unwrap();
    let totp = Totp::new(secret, TotpAlgorithm::Sha256);
    let now = world.scrip.now().await;
    let step = SignedDuration::from_secs(30);

    let scanned = |time| {
        let code = totp.presentation_at(alias, time).to_string();
        json!({ "presentation_code": code, "amount": money(200), "order_reference": fresh_key() })
    };
    approved(&world.pos.send(&world.scrip, &scanned(now)).await);
    assert_eq!(declined(&world.pos.send(&world.scrip, &scanned(now)).await), "code-not-accepted");
    // Typed instead of scanned, it is the same code.
    assert_eq!(declined(&world.ask(totp.code_at(now).as_str(), 200).await), "code-not-accepted");
    approved(&world.ask(totp.code_at(now + step).as_str(), 200).await);
    assert_eq!(declined(&world.ask(totp.code_at(now + step * 3).as_str(), 200).await), "code-not-accepted");
    assert_eq!(world.spent(before).await, 400);
}

#[tokio::test]
async fn an_order_that_was_scanned_and_typed_is_one_order() {
    let world = World::start().await;
    let secret = TotpSecret::from_bytes([9; 32]).unwrap();
    let text = secret.to_base64url();
    let granted = world.otto.authorize_totp(&world.scrip, &world.ottos, PIN, &text, json!({})).await;
    let alias: Alias = granted.expect(201).text("alias").parse().unwrap();
    let totp = Totp::new(secret, TotpAlgorithm::Sha256);
    let now = world.scrip.now().await;
    let code = totp.presentation_at(alias, now).to_string();
    let scanned = json!({ "presentation_code": code, "amount": money(200), "order_reference": "order-9" });
    let first = world.pos.send(&world.scrip, &scanned).await;
    approved(&first);
    let typed = Pos::order("order-9", "otto", totp.code_at(now).as_str(), 200);
    let again = world.unchanged(world.pos.send(&world.scrip, &typed)).await;
    assert!(again.is_replay());
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn all_codes_that_do_not_count_are_declined_alike() {
    let world = World::start().await;
    let bound = world.other_code(json!({ "pos": [world.other_pos.id] })).await;
    let told = async |user: &str, code: &str| {
        let answer = world.unchanged(world.pos.ask(&world.scrip, user, code, 100)).await;
        let mut body = answer.body.clone();
        for member in ["id", "order_reference", "at"] {
            assert!(body[member].is_string());
            body[member] = Value::Null;
        }
        assert_eq!(declined(&answer), "code-not-accepted");
        body
    };
    let wrong = told("otto", WRONG_CODE).await;
    assert_eq!(wrong, told("nobody", WRONG_CODE).await);
    assert_eq!(wrong, told("mallory", SECURE_CODE).await);
    assert_eq!(wrong, told("otto", OTHER_CODE).await, "{bound}");
    let path = format!("/v1/offline/authorizations/{}", bound["id"].as_str().unwrap());
    world.scrip.change(reqwest::Method::DELETE, &world.otto, &path, &Value::Null).await;
    assert_eq!(wrong, told("otto", OTHER_CODE).await);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn five_misses_lock_the_codes_for_a_quarter_of_an_hour() {
    let world = World::start().await;
    for _ in 0..5 {
        assert_eq!(declined(&world.ask(WRONG_CODE, 100).await), "code-not-accepted");
    }
    assert_eq!(declined(&world.ask(SECURE_CODE, 100).await), "code-not-accepted");
    world.scrip.advance("PT14M").await;
    assert_eq!(declined(&world.ask(SECURE_CODE, 100).await), "code-not-accepted");
    world.scrip.advance("PT2M").await;
    approved(&world.ask(SECURE_CODE, 100).await);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock")]
async fn five_misses_lock_a_point_of_sale_and_its_merchant_is_told() {
    let world = World::start().await;
    let shop = world.scrip.shop("wanda", "CNY").await;
    let pos = shop.pos(&world.scrip).await;
    let path = format!("/v1/notifications?merchant={}", shop.id);
    let told = async || world.scrip.get(&shop.owner, &path).await.expect(200).body["items"].clone();
    let paid = Pos::order("before", "otto", SECURE_CODE, 100);
    approved(&pos.send(&world.scrip, &paid).await);
    for guess in 0..5 {
        assert_eq!(told().await, json!([]), "{guess} misses");
        let answer = pos.ask(&world.scrip, &format!("user-{guess}"), WRONG_CODE, 100).await;
        assert_eq!(declined(&answer), "code-not-accepted");
    }
    let note = told().await[0].clone();
    assert_eq!((&note["kind"], &note["device"]), (&json!("device-locked"), &json!(pos.id)));
    // A right code is not looked at, and a wrong one locks nobody's codes.
    for code in [SECURE_CODE, WRONG_CODE, WRONG_CODE, WRONG_CODE, WRONG_CODE, WRONG_CODE] {
        assert_eq!(declined(&pos.ask(&world.scrip, "otto", code, 100).await), "code-not-accepted");
    }
    // What was decided before is told all the same, and others are not held up.
    assert!(pos.send(&world.scrip, &paid).await.is_replay());
    approved(&world.ask(SECURE_CODE, 100).await);
    world.scrip.advance("PT16M").await;
    approved(&pos.ask(&world.scrip, "otto", SECURE_CODE, 100).await);
}

#[tokio::test]
async fn above_a_limit_of_the_payers_own_a_pin_is_typed() {
    let world = World::start().await;
    world.other_code(json!({ "pin_above": money(500) })).await;
    approved(&world.ask(OTHER_CODE, 500).await);

    let mut order = Pos::order("order-5", "otto", OTHER_CODE, 501);
    let (first_key, second_key) = (fresh_key(), fresh_key());
    let first = world.pos.send_keyed(&world.scrip, &first_key, &order).await;
    assert_eq!(declined(&first), "pin-required");
    let again = world.unchanged(world.pos.send(&world.scrip, &order)).await;
    assert_eq!((declined(&again), again.is_replay()), ("pin-required", true));
    assert_eq!(world.pos.read(&world.scrip, "order-5").await.expect(200).body, first.body);

    let mut dearer = Pos::order("order-5", "otto", OTHER_CODE, 502);
    dearer["pin"] = json!(PIN);
    let answer = world.unchanged(world.pos.send(&world.scrip, &dearer)).await;
    answer.refused("create-pos-transaction", 422, "order-reference-reused");

    order["pin"] = json!(PIN);
    let paid = world.pos.send_keyed(&world.scrip, &second_key, &order).await;
    approved(&paid);
    assert_eq!(paid.text("id"), first.text("id"));
    assert_eq!(world.pos.read(&world.scrip, "order-5").await.expect(200).body, paid.body);
    // Each request keeps its own answer.
    order.as_object_mut().unwrap().remove("pin");
    let replayed = world.pos.send_keyed(&world.scrip, &first_key, &order).await;
    assert_eq!((declined(&replayed), replayed.is_replay()), ("pin-required", true));
}

#[tokio::test]
async fn a_wrong_pin_pays_nothing_and_is_counted() {
    let world = World::start().await;
    let before = world.has().await;
    world.other_code(json!({ "pin_above": money(500) })).await;
    let try_pin = async |pin: &str| {
        let mut order = Pos::order(&fresh_key(), "otto", OTHER_CODE, 501);
        order["pin"] = json!(pin);
        world.pos.send(&world.scrip, &order).await
    };
    for _ in 0..5 {
        assert_eq!(declined(&try_pin("271828").await), "pin-refused");
    }
    assert_eq!(declined(&try_pin(PIN).await), "pin-locked");
    assert_eq!(world.spent(before).await, 0);
}

#[tokio::test]
async fn the_limits_of_an_authorization_hold() {
    let world = World::start().await;
    let before = world.has().await;
    let terms = json!({ "limit": money(1_000), "per_transaction_limit": money(600), "uses": 3 });
    world.other_code(terms).await;
    assert_eq!(declined(&world.ask(OTHER_CODE, 601).await), "limit-exceeded");
    approved(&world.ask(OTHER_CODE, 600).await);
    assert_eq!(declined(&world.ask(OTHER_CODE, 401).await), "limit-exceeded");
    approved(&world.ask(OTHER_CODE, 300).await);
    approved(&world.ask(OTHER_CODE, 100).await);
    assert_eq!(world.spent(before).await, 1_000);
}

#[tokio::test]
async fn who_has_too_little_is_declined_and_may_pay_less() {
    let world = World::start().await;
    let poor = world.scrip.account(&world.otto, 500, "CNY").await;
    let answer = world.otto.authorize_static(&world.scrip, &poor, PIN, OTHER_CODE, json!({})).await;
    answer.expect(201);
    let order = Pos::order("order-6", "otto", OTHER_CODE, 501);
    let first = world.unchanged(world.pos.send(&world.scrip, &order)).await;
    assert_eq!(declined(&first), "insufficient-funds");
    let again = world.pos.send(&world.scrip, &order).await;
    assert_eq!((&again.body, again.is_replay()), (&first.body, true));
    approved(&world.ask(OTHER_CODE, 500).await);
    world.close(&poor).await;
    assert_eq!(declined(&world.ask(OTHER_CODE, 1).await), "account-closed");
}

#[tokio::test]
async fn amounts_are_in_the_merchants_currency() {
    let world = World::start().await;
    let mut order = Pos::order("order-4", "otto", SECURE_CODE, 100);
    order["amount"]["currency"] = json!("JPY");
    let answer = world.unchanged(world.pos.send(&world.scrip, &order)).await;
    answer.refused("create-pos-transaction", 422, "currency-mismatch");
}

#[tokio::test]
async fn what_has_not_the_form_of_a_payment_is_refused_and_no_miss() {
    let world = World::start().await;
    let good = Pos::order("order-4", "otto", SECURE_CODE, 100);
    for (field, value, code) in [
        ("order_reference", json!(""), "invalid-field"),
        ("order_reference", json!("a b"), "invalid-field"),
        ("order_reference", json!("pos_1"), "invalid-field"),
        ("order_reference", json!("a/b"), "invalid-field"),
        ("order_reference", json!("o".repeat(65)), "invalid-field"),
        ("user", json!("a b"), "invalid-field"),
        ("secure_code", json!("1234567"), "invalid-field"),
        ("secure_code", json!("12345678x"), "invalid-field"),
        ("presentation_code", json!("123456789012345678"), "invalid-field"),
        ("pin", json!("12345"), "invalid-field"),
        ("user", Value::Null, "missing-field"),
        ("secure_code", Value::Null, "missing-field"),
    ] {
        for _ in 0..3 {
            let mut order = good.clone();
            order[field] = value.clone();
            let answer = world.unchanged(world.pos.send(&world.scrip, &order)).await;
            answer.refused_field("create-pos-transaction", &format!("/{field}"), code);
        }
    }
    for amount in [0, -1] {
        let order = Pos::order("order-4", "otto", SECURE_CODE, amount);
        let answer = world.pos.send(&world.scrip, &order).await;
        answer.refused_field("create-pos-transaction", "/amount/amount", "amount-not-positive");
    }
    approved(&world.pos.send(&world.scrip, &good).await);
}

#[tokio::test]
#[cfg(not(feature = "deployed"))]
async fn the_log_tells_why_exactly_and_the_point_of_sale_does_not() {
    let world = World::start().await;
    let told = async |user: &str, code: &str| {
        let answer = world.pos.ask(&world.scrip, user, code, 100).await;
        (answer.body["reason"].as_str().map(str::to_owned), world.logged_reason())
    };
    let pair = |reason: &str, cause: &str| (Some(reason.to_owned()), Some(cause.to_owned()));
    assert_eq!(told("otto", SECURE_CODE).await, (None, None));
    assert_eq!(told("otto", WRONG_CODE).await, pair("code-not-accepted", "wrong-code"));
    assert_eq!(told("nobody", WRONG_CODE).await, pair("code-not-accepted", "unknown-user"));
}
