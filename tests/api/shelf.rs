//! Coupons of the world's shop, so that every operation on them has something to work on.

use super::circle::Circle;
use super::world::World;
use scrip_test_support::User;
use scrip_test_support::coupons::{STORE, befriend};
use scrip_test_support::webhooks::{WebhookKey, confirmed};
use serde_json::json;

/// What is kept of Alice's coupons, which she shares with Otto.
pub struct Shelf {
    /// Of the shop, 10.00 off, without reward.
    pub campaign: String,
    /// Alice's own. The second one is as good.
    pub held: [String; 2],
    /// In her pool, for anybody to reserve.
    pub pooled: String,
    /// In her pool, to be withdrawn.
    pub withdrawn: String,
    /// In her pool, and Otto's for now.
    pub reserved: Reservation,
    /// The same once more, to be used.
    pub used: Reservation,
    /// Verified by Olga.
    pub verification: String,
    /// Confirmed, with all that follows.
    pub confirmation: String,
    /// Who talk with each other.
    pub circle: Circle,
    /// The key of the shop's server.
    pub key: WebhookKey,
}

/// A coupon that Otto has reserved.
pub struct Reservation {
    pub coupon: String,
    pub id: String,
    pub code: String,
}

impl World {
    /// The world with coupons, which few tests need.
    pub async fn with_coupons() -> Self {
        Self::start().await.stocked().await
    }

    /// The same with coupons.
    pub async fn stocked(mut self) -> Self {
        self.shelf = Some(Shelf::fill(&self).await);
        self
    }

    /// The same, whenever the phone is about to show its next code.
    #[cfg(feature = "deployed")]
    pub async fn with_coupons_at_once() -> Self {
        let mut world = Self::at_once().await;
        world.shelf = Some(Shelf::fill(&world).await);
        world
    }

    pub fn shelf(&self) -> &Shelf {
        self.shelf.as_ref().expect("a world with coupons")
    }

    /// Where everybody sees the coupons, and what becomes of them.
    pub(super) fn shelf_paths(&self) -> Vec<(&User, String)> {
        let Some(coupons) = &self.shelf else { return Vec::new() };
        let (owner, of_shop) = (&self.shop.owner, format!("/v1/merchants/{}", self.shop.id));
        let mut paths = vec![
            (&self.alice, "/v1/coupons?limit=100".to_owned()),
            (&self.alice, self.scrip.pool_path(&self.alice.id, "?limit=100")),
            (&self.alice, "/v1/contacts".to_owned()),
            (&self.otto, "/v1/coupons".to_owned()),
            (&self.otto, "/v1/notifications".to_owned()),
            (&self.olga, "/v1/me/stores".to_owned()),
            (owner, format!("{of_shop}/campaigns")),
            (owner, format!("/v1/campaigns/{}", coupons.campaign)),
            (owner, format!("/v1/campaigns/{}/coupons?limit=100", coupons.campaign)),
            (owner, format!("{of_shop}/verifications")),
            (owner, format!("{of_shop}/webhook-keys")),
        ];
        paths.extend(coupons.circle.paths(self));
        let more = [&coupons.pooled, &coupons.reserved.coupon, &coupons.used.coupon].into_iter();
        paths.extend(more.map(|coupon| (&self.alice, format!("/v1/coupons/{coupon}"))));
        paths
    }
}

impl Shelf {
    async fn fill(world: &World) -> Self {
        let World { scrip, shop, alice, otto, olga, .. } = world;
        befriend(scrip, alice, otto).await;
        let campaign = shop.campaign(scrip, &json!({ "per_user": 20 })).await;
        let key = shop.webhook_key(scrip).await;
        let held = [alice.taken(scrip, &campaign).await, alice.taken(scrip, &campaign).await];
        let [pooled, withdrawn] = [in_pool(world, &campaign).await, in_pool(world, &campaign).await];
        let [reserved, used] =
            [reserved_by_otto(world, &campaign).await, reserved_by_otto(world, &campaign).await];

        let verified = reserved_by_otto(world, &campaign).await;
        let verified = olga.verify(scrip, STORE, &verified.code).await.expect(201);
        assert_eq!(verified.text("verdict"), "accepted", "{}", verified.body);
        let to_confirm = reserved_by_otto(world, &campaign).await;
        let confirmation = confirmed(scrip, &key, &[&to_confirm.code], 5_000).await;
        scrip.followed_up(&confirmation).await;
        let verification = verified.text("id");
        let circle = Circle::gather(world).await;
        Self { campaign, held, pooled, withdrawn, reserved, used, verification, confirmation, circle, key }
    }
}

/// A coupon of Alice's, in her pool.
async fn in_pool(world: &World, campaign: &str) -> String {
    let coupon = world.alice.taken(&world.scrip, campaign).await;
    world.alice.share(&world.scrip, &coupon).await.expect(201);
    coupon
}

/// The same, and Otto has reserved it.
async fn reserved_by_otto(world: &World, campaign: &str) -> Reservation {
    let coupon = in_pool(world, campaign).await;
    let reservation = world.otto.reserve(&world.scrip, &world.alice.id, &coupon).await.expect(201);
    Reservation { coupon, id: reservation.text("id"), code: reservation.text("code") }
}
