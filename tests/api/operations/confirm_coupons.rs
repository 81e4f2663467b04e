use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::coupons::{Club, with, yuan};
use scrip_test_support::fresh_key;
use scrip_test_support::webhooks::{Message, WebhookKey, WebhookSecret, confirm, confirmation, confirmed};
use serde_json::{Value, json};

const TOTAL: i64 = 5_000;
/// What no signature of Standard Webhooks is older than.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
const LITTLE: SignedDuration = SignedDuration::from_secs(30);

struct Counter {
    club: Club,
    key: WebhookKey,
    code: String,
}

impl Counter {
    async fn open() -> Self {
        let club = Club::open().await;
        let key = club.shop.webhook_key(&club.scrip).await;
        let code = club.reserved().await.code;
        Self { club, key, code }
    }

    fn body(&self) -> Value {
        confirmation(&self.key.merchant, &[&self.code], TOTAL)
    }

    async fn now(&self) -> Timestamp {
        self.club.scrip.now().await
    }

    async fn message(&self) -> Message {
        Message::signed(&self.key, &fresh_key(), &self.body(), self.now().await)
    }

    /// Requires that nobody learns what is wrong with a message.
    async fn expect_refused(&self, message: &Message) {
        let answer = message.send(&self.club.scrip).await.refused("confirm-coupons", 401, "unauthenticated");
        let unsigned = Message { signature: String::new(), ..message.clone() };
        let other = unsigned.send(&self.club.scrip).await;
        assert_eq!(answer.told(), other.told(), "{message:?}");
    }

    async fn expect_accepted(&self, message: &Message) {
        let accepted = message.send(&self.club.scrip).await.expect(202);
        assert!(accepted.text("id").starts_with("conf_") && !accepted.is_replay());
    }
}

#[tokio::test]
async fn a_confirmation_is_acknowledged_and_then_worked_on() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    let accepted = confirm(&club.scrip, key, &fresh_key(), &counter.body()).await.expect(202);
    assert_eq!(accepted.body, json!({ "id": accepted.body["id"], "status": "accepted" }));
    let done = club.server.followed(&club.scrip, &accepted.text("id")).await;
    assert_eq!((&done["status"], &done["order"]["total"]), (&json!("rewarded"), &yuan(TOTAL)));
}

#[tokio::test]
async fn only_what_was_signed_for_this_merchant_just_now_counts() {
    let counter = Counter::open().await;
    let good = counter.message().await;
    let now = counter.now().await;
    let at = |at: Timestamp| Message::signed(&counter.key, &good.id, &counter.body(), at);
    let scrip = &counter.club.scrip;
    let other = scrip.shop("dora", "CNY").await.webhook_key(scrip).await;
    let nobody = WebhookKey { merchant: "mch_00000000000000000000000000".into(), ..counter.key.clone() };
    let foreign = WebhookKey { merchant: counter.key.merchant.clone(), ..other.clone() };
    let of_nobody = confirmation(&nobody.merchant, &[&counter.code], TOTAL);
    let wrong = WebhookKey { secret: WebhookSecret::Shared(vec![7; 32]), ..counter.key.clone() };
    let mut changed = good.clone();
    changed.body.push(b' ');
    let bare = good.signature.strip_prefix("v1,").expect("a signature").to_owned();
    for message in [
        changed,
        Message { id: "another".into(), ..good.clone() },
        Message { timestamp: (now.as_second() + 1).to_string(), ..good.clone() },
        Message { timestamp: "now".into(), ..good.clone() },
        Message { signature: String::new(), ..good.clone() },
        Message { signature: bare.clone(), ..good.clone() },
        Message { signature: format!("v2,{bare}"), ..good.clone() },
        Message { signature: format!("v1a,{bare}"), ..good.clone() },
        Message { signature: "v1,".into(), ..good.clone() },
        Message::signed(&wrong, &good.id, &counter.body(), now),
        Message::signed(&foreign, &good.id, &counter.body(), now),
        Message::signed(&nobody, &good.id, &of_nobody, now),
    ] {
        counter.expect_refused(&message).await;
    }
    for off in [-TOLERANCE - LITTLE, TOLERANCE + LITTLE] {
        counter.expect_refused(&at(counter.now().await + off)).await;
    }
    counter.expect_accepted(&at(counter.now().await - TOLERANCE + LITTLE)).await;
}

#[tokio::test]
async fn each_header_of_the_signature_is_needed() {
    let counter = Counter::open().await;
    let Message { id, timestamp, signature, body } = counter.message().await;
    let headers = [
        ("webhook-id", id.as_str()),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    let post = async |headers: &[(&str, &str)]| {
        counter.club.scrip.raw(reqwest::Method::POST, "/v1/confirmations", headers, body.clone()).await
    };
    for left_out in 0..headers.len() {
        let mut fewer = headers.to_vec();
        fewer.remove(left_out);
        post(&fewer).await.refused("confirm-coupons", 401, "unauthenticated");
    }
    post(&headers).await.expect(202);
}

#[tokio::test]
async fn webhook_keys_rotate() {
    let counter = Counter::open().await;
    let Counter { club, key: old, .. } = &counter;
    let (scrip, shop) = (&club.scrip, &club.shop);
    let new = shop.webhook_key(scrip).await;
    let own = shop.public_webhook_key(scrip).await;
    let now = counter.now().await;
    let signed = |key: &WebhookKey| Message::signed(key, &fresh_key(), &counter.body(), now);
    for key in [old, &new, &own] {
        counter.expect_accepted(&signed(key)).await;
    }
    // Who rotates signs with both for a while.
    let id = fresh_key();
    let [first, second] = [old, &new].map(|key| Message::signed(key, &id, &counter.body(), now));
    let body = second.body.clone();
    let again = [old, &own].map(|key| key.secret.sign(&id, &first.timestamp, &body));
    let both = Message { signature: again.join(" "), ..second };

    for removed in [old, &own] {
        let path = format!("{}/{}", shop.webhook_keys_path(), removed.id);
        scrip.change(reqwest::Method::DELETE, &shop.owner, &path, &Value::Null).await.expect(204);
        counter.expect_refused(&signed(removed)).await;
        if removed.id == old.id {
            counter.expect_accepted(&both).await;
        }
    }
    counter.expect_accepted(&signed(&new)).await;
    counter.expect_refused(&both).await;
}

#[tokio::test]
async fn the_same_event_is_one_confirmation() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    let (scrip, event, body) = (&club.scrip, fresh_key(), counter.body());
    let first = confirm(scrip, key, &event, &body).await.expect(202);
    // Another spelling of the same says the same, and is signed anew.
    let spaced = serde_json::to_string_pretty(&body).expect("a text").into_bytes();
    let timestamp = counter.now().await.as_second().to_string();
    let signature = key.secret.sign(&event, &timestamp, &spaced);
    let again = Message { id: event.clone(), timestamp, signature, body: spaced };
    let again = again.send(scrip).await.expect(202);
    assert_eq!((again.text("id"), again.is_replay()), (first.text("id"), true));

    let other = confirmation(&key.merchant, &[&counter.code], TOTAL + 1);
    let reused = confirm(scrip, key, &event, &other).await;
    reused.refused("confirm-coupons", 422, "idempotency-key-reused");
    let done = club.server.followed(scrip, &first.text("id")).await;
    assert_eq!(done["order"]["total"], yuan(TOTAL));
}

#[tokio::test]
async fn a_code_counts_for_an_hour_and_what_is_known_of_it_as_of_the_confirmation() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    let scrip = &club.scrip;
    let coupon = club.alice.taken(scrip, &club.campaign).await;
    let code = club.alice.code(scrip, &coupon).await;
    let id = confirmed(scrip, key, &[&code, &counter.code], TOTAL).await;
    let done = club.server.followed(scrip, &id).await;
    let lines = [0, 1].map(|index| done["coupons"][index]["status"].clone());
    assert_eq!(lines, ["redeemed", "rewarded"]);
    let twice = confirmed(scrip, key, &[&code], TOTAL).await;
    let done = club.server.followed(scrip, &twice).await;
    assert_eq!(done["coupons"][0]["reason"], "already-redeemed");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by an hour")]
async fn a_code_is_too_old_after_an_hour() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    let scrip = &club.scrip;
    let coupon = club.alice.taken(scrip, &club.campaign).await;
    let code = club.alice.code(scrip, &coupon).await;
    scrip.advance("PT58M").await;
    let id = confirmed(scrip, key, &[&code, &counter.code], TOTAL).await;
    let done = club.server.followed(scrip, &id).await;
    assert_eq!((&done["coupons"][0]["status"], &done["status"]), (&json!("redeemed"), &json!("redeemed")));
    assert_eq!(done["coupons"][1]["reason"], "reservation-lapsed");
    let alice = scrip.user("alice").await;
    let coupon = alice.taken(scrip, &club.campaign).await;
    let code = alice.code(scrip, &coupon).await;
    scrip.advance("PT63M").await;
    let id = confirmed(scrip, key, &[&code], TOTAL).await;
    let done = club.server.followed(scrip, &id).await;
    assert_eq!(done["coupons"][0]["reason"], "code-not-accepted");
}

#[tokio::test]
async fn coupons_together_take_off_no_more_than_the_order_comes_to() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    let other = club.reserved().await;
    let id = confirmed(&club.scrip, key, &[&counter.code, &other.code], 1_999).await;
    let done = club.server.followed(&club.scrip, &id).await;
    let told = [0, 1].map(|index| done["coupons"][index]["reason"].clone());
    assert_eq!((told, &done["status"]), ([Value::Null, json!("not-applicable")], &json!("rewarded")));
}

#[tokio::test]
async fn a_code_of_another_merchant_is_none_here() {
    let counter = Counter::open().await;
    let scrip = &counter.club.scrip;
    let shop = scrip.shop("dora", "CNY").await;
    let (key, server) = (shop.webhook_key(scrip).await, shop.device(scrip, "server").await);
    let id = confirmed(scrip, &key, &[&counter.code], TOTAL).await;
    let done = server.followed(scrip, &id).await;
    assert_eq!(done["coupons"], json!([{ "status": "refused", "reason": "code-not-accepted" }]));
    counter.expect_accepted(&counter.message().await).await;
}

#[tokio::test]
async fn who_is_no_contact_any_more_uses_nothing() {
    let counter = Counter::open().await;
    let Counter { club, key, .. } = &counter;
    club.alice.remove_contact(&club.scrip, "carol").await.expect(204);
    let id = confirmed(&club.scrip, key, &[&counter.code], TOTAL).await;
    let done = club.server.followed(&club.scrip, &id).await;
    assert_eq!(
        (&done["status"], &done["coupons"][0]["reason"]),
        (&json!("refused"), &json!("not-shared-with-you"))
    );
}

#[tokio::test]
async fn a_signed_message_has_its_form() {
    let counter = Counter::open().await;
    let body = counter.body();
    let codes: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    for (more, pointer, code) in [
        (json!({ "codes": [] }), "/codes", "out-of-range"),
        (json!({ "codes": codes }), "/codes", "too-many"),
        (json!({ "codes": ["1", "1"] }), "/codes/1", "invalid-field"),
        (json!({ "order": { "reference": "", "total": yuan(1) } }), "/order/reference", "out-of-range"),
        (
            json!({ "order": { "reference": "o", "total": yuan(0) } }),
            "/order/total/amount",
            "amount-not-positive",
        ),
        (json!({ "reward": { "campaign": "cmp_1" } }), "/reward/campaign", "invalid-field"),
        (json!({ "order": null }), "/order", "missing-field"),
        (json!({ "tip": 1 }), "/tip", "unknown-field"),
    ] {
        let body = with(body.clone(), &more);
        let answer = confirm(&counter.club.scrip, &counter.key, &fresh_key(), &body).await;
        answer.refused_field("confirm-coupons", pointer, code);
    }
}
