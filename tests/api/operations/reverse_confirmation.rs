use scrip_test_support::coupons::{Club, Reserved, STORE, code_of_nothing, yuan};
use scrip_test_support::webhooks::{WebhookKey, confirmed};
use scrip_test_support::{Answer, fresh_key};
use serde_json::{Value, json};

const TOTAL: i64 = 5_000;

struct Counter {
    club: Club,
    key: WebhookKey,
}

impl Counter {
    async fn open(terms: Value) -> Self {
        let club = Club::open_with(&terms).await;
        let key = club.shop.webhook_key(&club.scrip).await;
        Self { club, key }
    }

    /// The use of a coupon that Carol has reserved, confirmed and followed up.
    async fn used(&self) -> (Reserved, Value) {
        let reserved = self.club.reserved().await;
        let id = confirmed(&self.club.scrip, &self.key, &[&reserved.code], TOTAL).await;
        (reserved, self.club.server.followed(&self.club.scrip, &id).await)
    }

    async fn reverse(&self, confirmation: &Value) -> Answer {
        self.reverse_keyed(&fresh_key(), confirmation).await
    }

    async fn reverse_keyed(&self, key: &str, confirmation: &Value) -> Answer {
        let id = confirmation["id"].as_str().expect("an id");
        self.club.server.reverse_confirmation(&self.club.scrip, key, id).await
    }
}

#[tokio::test]
async fn a_coupon_taken_back_can_be_used_again_and_its_reward_can_not() {
    let counter = Counter::open(json!({})).await;
    let Counter { club, .. } = &counter;
    let (reserved, done) = counter.used().await;
    let reward = done["coupons"][0]["reward"].as_str().expect("a reward").to_owned();
    let key = fresh_key();
    let reversed = counter.reverse_keyed(&key, &done).await.expect(201);
    let line = &reversed.body["coupons"][0];
    assert_eq!((&reversed.body["status"], &line["status"]), (&json!("reversed"), &json!("reversed")));
    let coupon = club.alice.coupon(&club.scrip, &reserved.coupon).await.expect(200).body;
    assert_eq!((&coupon["status"], &coupon["reservation"]), (&json!("pooled"), &Value::Null));
    let status = async |coupon: &str| club.alice.coupon(&club.scrip, coupon).await.expect(200).text("status");
    assert_eq!(status(&reward).await, "revoked");

    let again = counter.reverse_keyed(&key, &done).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&reversed.body, true));
    counter.reverse(&done).await.refused("reverse-confirmation", 409, "already-reversed");

    // The contact who had it reserved needs another reservation, and the sharer earns another reward.
    let old = club.olga.verify_order(&club.scrip, STORE, &reserved.code, TOTAL).await.expect(201);
    assert_eq!(old.body["verdict"], "refused");
    let code = club.carol.reserve(&club.scrip, "alice", &reserved.coupon).await.expect(201).text("code");
    let id = confirmed(&club.scrip, &counter.key, &[&code], TOTAL).await;
    let done = club.server.followed(&club.scrip, &id).await;
    let second = done["coupons"][0]["reward"].as_str().expect("a reward").to_owned();
    assert_ne!(second, reward);
    assert_eq!((status(&reward).await.as_str(), status(&second).await.as_str()), ("revoked", "held"));
}

#[tokio::test]
async fn what_was_taken_from_stock_and_budget_is_given_back() {
    let counter = Counter::open(json!({ "budget": yuan(1_000) })).await;
    let Counter { club, .. } = &counter;
    let one = json!({ "quantity": 1, "per_user": 1, "name": "The only one" });
    let only = club.shop.campaign(&club.scrip, &one).await;
    let rewarding = json!({ "budget": yuan(1_000), "reward": { "campaign": only, "to": "sharer" } });
    let campaign = club.shop.campaign(&club.scrip, &rewarding).await;
    let use_one = async || {
        let coupon = club.alice.taken(&club.scrip, &campaign).await;
        club.alice.share(&club.scrip, &coupon).await.expect(201);
        let code = club.carol.reserve(&club.scrip, "alice", &coupon).await.expect(201).text("code");
        let id = confirmed(&club.scrip, &counter.key, &[&code], TOTAL).await;
        club.server.followed(&club.scrip, &id).await
    };
    let first = use_one().await;
    assert_eq!(first["status"], "rewarded", "{first}");
    let exhausted = use_one().await;
    assert_eq!(exhausted["coupons"][0]["reason"], "budget-exhausted");
    counter.reverse(&first).await.expect(201);
    let second = use_one().await;
    assert_eq!(second["status"], "rewarded", "{second}");
}

#[tokio::test]
async fn several_coupons_are_taken_back_together() {
    let counter = Counter::open(json!({})).await;
    let Counter { club, .. } = &counter;
    let reserved = [club.reserved().await, club.reserved().await, club.reserved().await];
    let nothing = code_of_nothing();
    let mut codes: Vec<&str> = reserved.iter().map(|reserved| reserved.code.as_str()).collect();
    codes.push(&nothing);
    let id = confirmed(&club.scrip, &counter.key, &codes, TOTAL).await;
    let done = club.server.followed(&club.scrip, &id).await;
    let reversed = counter.reverse(&done).await.expect(201).body;
    let lines = reversed["coupons"].as_array().expect("lines").iter();
    let statuses: Vec<_> = lines.map(|line| line["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["reversed", "reversed", "reversed", "refused"]);
    for (reserved, line) in reserved.iter().zip(done["coupons"].as_array().expect("lines")) {
        let reward = line["reward"].as_str().expect("a reward");
        for (coupon, status) in [(reserved.coupon.as_str(), "pooled"), (reward, "revoked")] {
            assert_eq!(club.alice.coupon(&club.scrip, coupon).await.expect(200).text("status"), status);
        }
    }
}

#[tokio::test]
async fn a_used_reward_keeps_the_use_that_brought_it() {
    let counter = Counter::open(json!({})).await;
    let Counter { club, .. } = &counter;
    let (reserved, done) = counter.used().await;
    let reward = done["coupons"][0]["reward"].as_str().expect("a reward");
    let code = club.alice.code(&club.scrip, reward).await;
    let verified = club.olga.verify_order(&club.scrip, STORE, &code, TOTAL).await.expect(201);
    assert_eq!(verified.body["verdict"], "accepted");
    counter.reverse(&done).await.refused("reverse-confirmation", 409, "reward-used");
    let coupon = club.alice.coupon(&club.scrip, &reserved.coupon).await.expect(200);
    assert_eq!(coupon.body["status"], "redeemed");

    // Once that use is taken back, so can this one be.
    let id = verified.text("id");
    club.olga.reverse_verification(&club.scrip, &fresh_key(), &id).await.expect(201);
    counter.reverse(&done).await.expect(201);
}

#[tokio::test]
async fn what_used_nothing_can_not_be_taken_back() {
    let counter = Counter::open(json!({})).await;
    let Counter { club, .. } = &counter;
    let id = confirmed(&club.scrip, &counter.key, &["0"], TOTAL).await;
    let done = club.server.followed(&club.scrip, &id).await;
    let refused = counter.reverse(&done).await.refused("reverse-confirmation", 409, "not-redeemed");
    assert_eq!(refused.body["current"], "refused");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by a day")]
async fn a_confirmation_can_be_taken_back_within_a_day() {
    let counter = Counter::open(json!({})).await;
    let ((_, first), (_, second)) = (counter.used().await, counter.used().await);
    counter.club.scrip.advance("PT23H50M").await;
    counter.reverse(&first).await.expect(201);
    counter.club.scrip.advance("PT11M").await;
    counter.reverse(&second).await.refused("reverse-confirmation", 409, "reversal-window-over");
}

#[tokio::test]
async fn a_merchant_takes_back_its_own_confirmations_alone() {
    let counter = Counter::open(json!({})).await;
    let Counter { club, .. } = &counter;
    let (_, done) = counter.used().await;
    let id = done["id"].as_str().expect("an id");
    let other = club.scrip.shop("dora", "CNY").await.device(&club.scrip, "server").await;
    let answer = other.reverse_confirmation(&club.scrip, &fresh_key(), id).await;
    answer.refused("reverse-confirmation", 404, "not-found");
    let pos = club.shop.device(&club.scrip, "pos").await;
    let answer = pos.reverse_confirmation(&club.scrip, &fresh_key(), id).await;
    answer.refused("reverse-confirmation", 403, "wrong-role");
    assert_eq!(club.server.confirmation(&club.scrip, id).await.expect(200).body, done);
}
