//! Every operation that follows up the use of coupons and takes it back, on the way that takes most: one that a budget
//! pays for and a reward follows.

use scrip_test_support::coupons::{STORE, befriend, yuan};
use scrip_test_support::webhooks::confirmed;
use scrip_test_support::{Scrip, Shop, User, fresh_key};
use serde_json::json;

const TOTAL: i64 = 5_000;

struct Scene {
    shop: Shop,
    sharer: User,
    contact: User,
    operator: User,
    campaign: String,
}

impl Scene {
    async fn begin(scrip: &Scrip, owner: &str) -> Self {
        let shop = scrip.shop(owner, "CNY").await;
        let operator = shop.operator(scrip, "olga", &[STORE]).await;
        let (sharer, contact) = (scrip.user("sina").await, scrip.user("konrad").await);
        befriend(scrip, &sharer, &contact).await;
        let reward = shop.campaign(scrip, &json!({})).await;
        let terms = json!({ "budget": yuan(10_000), "reward": { "campaign": reward, "to": "sharer" } });
        let campaign = shop.campaign(scrip, &terms).await;
        Self { shop, sharer, contact, operator, campaign }
    }

    async fn code(&self, scrip: &Scrip) -> String {
        let coupon = self.sharer.taken(scrip, &self.campaign).await;
        self.sharer.share(scrip, &coupon).await.expect(201);
        self.contact.reserve(scrip, &self.sharer.id, &coupon).await.expect(201).text("code")
    }
}

/// Each has campaigns of its own, in which users are spread anew: one in sixteen users reads an item less than others, and
/// none does so with all of these.
const OWNERS: [&str; 6] = ["clara", "carl", "cora", "cem", "cleo", "curt"];

pub(super) async fn every_operation(scrip: &Scrip) {
    for owner in OWNERS {
        every_operation_of(scrip, owner).await;
    }
}

async fn every_operation_of(scrip: &Scrip, owner: &str) {
    let scene = Scene::begin(scrip, owner).await;
    let (key, server) = (scene.shop.webhook_key(scrip).await, scene.shop.device(scrip, "server").await);
    let id = confirmed(scrip, &key, &[&scene.code(scrip).await], TOTAL).await;
    let done = server.followed(scrip, &id).await;
    assert_eq!(done["status"], "rewarded", "{done}");
    server.reverse_confirmation(scrip, &fresh_key(), &id).await.expect(201);
    let verified =
        scene.operator.verify_order(scrip, STORE, &scene.code(scrip).await, TOTAL).await.expect(201);
    let id = verified.text("id");
    scrip.followed_up(&id).await;
    scene.operator.reverse_verification(scrip, &fresh_key(), &id).await.expect(201);
}

/// Who may know of a verification, but is no operator of its store.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let scene = Scene::begin(scrip, "conny").await;
    let verified =
        scene.operator.verify_order(scrip, STORE, &scene.code(scrip).await, TOTAL).await.expect(201);
    let owner = &scene.shop.owner;
    owner.reverse_verification(scrip, &fresh_key(), &verified.text("id")).await.expect(403);
}
