//! Secure codes while the master secret is rotated: they pay by either generation, guesses count as before, and nothing
//! honest is lost.

use super::{CODE, PIN, remove, rotate};
use scrip_clock::{SignedDuration, Timestamp};
use scrip_test_support::{Pos, Scrip, Shop, User, fresh_key};
use serde_json::{Value, json};

const WRONG_CODE: &str = "100000000000";

/// A user with money and a static code, and a shop.
struct Scene {
    scrip: Scrip,
    otto: User,
    account: String,
    shop: Shop,
}

impl Scene {
    async fn begin() -> Self {
        let scrip = Scrip::start().await;
        let otto = scrip.user("otto").await;
        let account = scrip.account(&otto, 100_000, "CNY").await;
        let shop = scrip.shop("bob", "CNY").await;
        otto.set_pin(&scrip, PIN).await;
        otto.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201);
        Self { scrip, otto, account, shop }
    }

    /// What a new point of sale of this shop is told of a code.
    async fn decision(&self, shop: &Shop, code: &str) -> String {
        let pos = shop.pos(&self.scrip).await;
        pos.ask(&self.scrip, "otto", code, 100).await.expect(201).text("decision")
    }

    /// Five wrong codes, each at a point of sale of its own, whose own misses do not count.
    async fn guess_at(&self, shop: &Shop) {
        for _ in 0..5 {
            assert_eq!(self.decision(shop, WRONG_CODE).await, "declined");
        }
    }
}

#[tokio::test]
async fn a_shop_at_which_a_user_has_paid_is_no_stranger_when_the_keys_change() {
    let scene = Scene::begin().await;
    assert_eq!(scene.decision(&scene.shop, CODE).await, "approved");
    rotate(&scene.scrip).await;
    for name in ["mallory", "mike", "moe"] {
        let stranger = scene.scrip.shop(name, "CNY").await;
        scene.guess_at(&stranger).await;
    }
    let never_seen = scene.scrip.shop("nina", "CNY").await;
    assert_eq!(
        scene.decision(&never_seen, CODE).await,
        "declined",
        "strangers keep each other from the code"
    );
    assert_eq!(scene.decision(&scene.shop, CODE).await, "approved");

    // Nor when the user's codes have moved, and an alias alone is presented.
    let phone = scene.otto.phone(&scene.scrip, &scene.account, PIN, json!({})).await;
    assert_eq!(
        scene.decision(&never_seen, CODE).await,
        "approved",
        "who has the PIN ends what strangers did"
    );
    let never_seen = scene.scrip.shop("nora", "CNY").await;
    for name in ["peggy", "pat", "paul"] {
        let stranger = scene.scrip.shop(name, "CNY").await;
        scene.guess_at(&stranger).await;
    }
    let pays = async |shop: &Shop| {
        let pos = shop.pos(&scene.scrip).await;
        let order = json!({
            "presentation_code": phone.presentation(&scene.scrip).await,
            "amount": { "amount": 100, "currency": "CNY" },
            "order_reference": fresh_key(),
        });
        pos.send(&scene.scrip, &order).await.expect(201).text("decision")
    };
    assert_eq!([pays(&never_seen).await, pays(&scene.shop).await], ["declined", "approved"]);
}

#[tokio::test]
async fn a_lock_lasts_as_long_when_the_keys_change() {
    let scene = Scene::begin().await;
    scene.guess_at(&scene.shop).await;
    rotate(&scene.scrip).await;
    assert_eq!(scene.decision(&scene.shop, CODE).await, "declined");
    scene.scrip.advance("PT5M").await;
    assert_eq!(scene.decision(&scene.shop, CODE).await, "approved");
}

#[tokio::test]
async fn what_waits_for_a_lock_is_not_late_because_the_keys_changed() {
    let scene = Scene::begin().await;
    let scrip = &scene.scrip;
    let (pos, other) = (scene.shop.pos(scrip).await, scene.shop.pos(scrip).await);
    scrip.advance("P1DT12H").await;
    let occurred_at: Timestamp =
        scrip.now().await - SignedDuration::from_hours(24) + SignedDuration::from_mins(1);
    let mut stored = Pos::order("order-1", "otto", CODE, 100);
    stored["occurred_at"] = json!(occurred_at);
    let result = async || {
        let batch = pos.hand_over(scrip, json!([stored])).await.expect(202).text("id");
        pos.completed(scrip, &batch).await["results"][0].clone()
    };
    for _ in 0..5 {
        assert_eq!(other.ask(scrip, "otto", WRONG_CODE, 100).await.expect(201).text("decision"), "declined");
    }
    let waiting = result().await;
    assert_eq!((&waiting["reason"], &waiting["transaction"]), (&json!("too-many-requests"), &Value::Null));

    rotate(scrip).await;
    scrip.advance("PT5M").await;
    assert_eq!(result().await["decision"], "approved");
}

#[tokio::test]
async fn as_many_authorizations_can_be_used_as_before() {
    let scene = Scene::begin().await;
    let authorize = async |code: &str| {
        scene.otto.authorize_static(&scene.scrip, &scene.account, PIN, code, json!({})).await
    };
    for code in ["493028174651", "493028174652"] {
        authorize(code).await.expect(201);
    }
    rotate(&scene.scrip).await;
    for code in ["493028174653", "493028174654"] {
        authorize(code).await.expect(201);
    }
    authorize("493028174655").await.expect_problem(422, "limit-exceeded");
    remove(&scene.scrip).await;
    for code in ["493028174655", "493028174656", "493028174657"] {
        authorize(code).await.expect(201);
    }
    authorize("493028174658").await.expect_problem(422, "limit-exceeded");
}

#[tokio::test]
async fn offline_authorizations_hold_until_the_keys_they_were_granted_under_are_removed() {
    let scrip = Scrip::start().await;
    let otto = scrip.user("otto").await;
    let account = scrip.account(&otto, 100_000, "CNY").await;
    let pos = scrip.shop("bob", "CNY").await.pos(&scrip).await;
    otto.set_pin(&scrip, PIN).await;
    otto.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201);
    let phone = otto.phone(&scrip, &account, PIN, json!({})).await;
    let pays = async |code: &str| pos.ask(&scrip, "otto", code, 100).await.expect(201).text("decision");
    let shows = async |code: String| {
        let order = json!({
            "presentation_code": code, "amount": { "amount": 100, "currency": "CNY" }, "order_reference": fresh_key(),
        });
        pos.send(&scrip, &order).await.expect(201).text("decision")
    };
    assert_eq!(pays(CODE).await, "approved");

    rotate(&scrip).await;
    assert_eq!(pays(CODE).await, "approved");
    assert_eq!(shows(phone.presentation(&scrip).await).await, "approved");
    let again = otto.authorize_static(&scrip, &account, PIN, CODE, json!({})).await;
    again.expect_problem(422, "secure-code-in-use");
    let second = "581930274615";
    otto.authorize_static(&scrip, &account, PIN, second, json!({})).await.expect(201);
    let next = otto.phone(&scrip, &account, PIN, json!({})).await;
    assert_ne!(next.alias, phone.alias, "what is new has an alias by the new keys");
    for code in [CODE, second] {
        assert_eq!(pays(code).await, "approved", "{code}");
    }
    scrip.advance("PT30S").await;
    for code in [phone.code(&scrip).await, next.code(&scrip).await] {
        assert_eq!(pays(&code).await, "approved");
    }
    scrip.advance("PT30S").await;
    for phone in [&phone, &next] {
        assert_eq!(shows(phone.presentation(&scrip).await).await, "approved");
    }

    remove(&scrip).await;
    assert_eq!(pays(second).await, "approved");
    assert_eq!(shows(next.presentation(&scrip).await).await, "approved");
    scrip.advance("PT30S").await;
    let declined = pos.ask(&scrip, "otto", CODE, 100).await.expect(201).body;
    assert_eq!(
        (&declined["decision"], &declined["reason"]),
        (&json!("declined"), &json!("code-not-accepted"))
    );
    assert_eq!(shows(phone.presentation(&scrip).await).await, "declined");
}

#[tokio::test]
async fn guesses_count_wherever_a_users_codes_are() {
    let scrip = Scrip::start().await;
    let otto = scrip.user("otto").await;
    let account = scrip.account(&otto, 100_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    otto.set_pin(&scrip, PIN).await;
    let old = otto.phone(&scrip, &account, PIN, json!({})).await;
    rotate(&scrip).await;
    let new = otto.phone(&scrip, &account, PIN, json!({})).await;
    for _ in 0..5 {
        // Each at a point of sale of its own, whose own misses do not count.
        let pos = shop.pos(&scrip).await;
        assert_eq!(pos.ask(&scrip, "otto", "10000000", 1).await.expect(201).text("decision"), "declined");
    }
    let pos = shop.pos(&scrip).await;
    for phone in [&old, &new] {
        let order = json!({
            "presentation_code": phone.presentation(&scrip).await,
            "amount": { "amount": 100, "currency": "CNY" },
            "order_reference": fresh_key(),
        });
        assert_eq!(pos.send(&scrip, &order).await.expect(201).text("decision"), "declined");
    }
}
