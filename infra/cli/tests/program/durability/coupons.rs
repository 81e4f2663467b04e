//! Coupons that clients take, share, reserve, use and take back while the program is killed: at the end each stands
//! where it was acknowledged to stand, and each use of a shared one brought exactly one reward.

use super::client::{Client, Party};
use super::link::{Link, Request, Who};
use rand::Rng;
use reqwest::Method;
use scrip_test_support::coupons::{STORE, befriend, off};
use scrip_test_support::{Scrip, Shop};
use serde_json::{Value, json};

/// Fewer than one user may hold of a campaign, since each may bring a reward.
const EACH_MOST: usize = 18;

/// A shop's campaigns.
#[derive(Clone)]
pub(super) struct Offer {
    shared: String,
    reward: String,
}

/// A coupon that was acknowledged.
pub(super) struct CouponRecord {
    id: String,
    status: &'static str,
    is_rewarded: bool,
}

impl Offer {
    /// A shop's campaigns, with its owner at its counter.
    pub(super) async fn new(scrip: &Scrip, shop: &Shop) -> Self {
        shop.operator(scrip, &shop.owner.id, &[STORE]).await;
        let terms = |more: Value| scrip_test_support::coupons::with(json!({ "per_user": 20 }), &more);
        let reward = shop.campaign(scrip, &terms(json!({ "benefit": off(200) }))).await;
        let promised = json!({ "reward": { "campaign": reward, "to": "sharer" }, "quantity": 200 });
        Self { shared: shop.campaign(scrip, &terms(promised)).await, reward }
    }
}

/// Makes contacts of each user and the next.
pub(super) async fn acquaint(scrip: &Scrip, parties: &[Party]) {
    for (place, party) in parties.iter().enumerate() {
        let next = &parties[(place + 1) % parties.len()];
        befriend(scrip, &scrip.user(&party.user).await, &scrip.user(&next.user).await).await;
    }
}

impl Client {
    /// A coupon, from when it is taken to wherever it goes.
    pub(super) async fn coupon(&mut self) {
        if self.record.coupons.len() == EACH_MOST {
            return;
        }
        let me = self.me();
        let friend = self.next();
        let (user, friend) = (Who::user(&me.user), Who::user(&friend.user));
        let fate = self.random.random_range(0..7);
        let path = format!("/v1/campaigns/{}/coupons", me.offer.shared);
        let id = self.must(user.clone(), path, &json!({}), 201).await.text("id");
        let mut record = CouponRecord { id: id.clone(), status: "held", is_rewarded: false };
        let pool = format!("/v1/pools/{}/coupons", me.user);
        let code = match fate {
            0 => None,
            1 => Some(self.send(&get(user, format!("/v1/coupons/{id}/code"))).await.expect(200).text("code")),
            _ => {
                self.must(user, pool.clone(), &json!({ "coupon": id }), 201).await;
                record.status = "pooled";
                let reserve = format!("{pool}/{id}/reservations");
                match fate {
                    2 => None,
                    _ => Some(self.must(friend, reserve, &json!({}), 201).await.text("code")),
                }
            }
        };
        if let Some(code) = code {
            record.is_rewarded = record.status == "pooled";
            let before = std::mem::replace(&mut record.status, "redeemed");
            let scan = json!({ "code": code, "store": STORE });
            let owner = Who::user(&me.owner);
            let verdict = self.must(owner.clone(), "/v1/verifications".to_owned(), &scan, 201).await;
            assert_eq!(verdict.text("verdict"), "accepted", "{}", verdict.body);
            if fate == 3 {
                let path = format!("/v1/verifications/{}/reversals", verdict.text("id"));
                self.must(owner, path, &json!({}), 201).await;
                (record.status, record.is_rewarded) = (before, false);
            }
        }
        self.record.coupons.push(record);
    }
}

/// Each coupon is where it was acknowledged to be, and brought what it had to; there is no other one.
pub(super) async fn check(link: &Link, clients: &mut [Client]) {
    let life = link.life().await;
    // Nothing of it is due later, but what the stream still has to tell is told.
    life.scrip.advance("PT1S").await;
    for client in clients.iter_mut() {
        let me = client.me();
        let records = std::mem::take(&mut client.record.coupons);
        let mut owned = Vec::new();
        let mut query = "?limit=100".to_owned();
        loop {
            let request = get(Who::user(&me.user), format!("/v1/coupons{query}"));
            let page = client.send(&request).await.expect(200).body;
            owned.extend(page["items"].as_array().expect("coupons").clone());
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?limit=100&after={next}");
        }
        let of =
            |campaign: &str| owned.iter().filter(|coupon| coupon["campaign"] == campaign).collect::<Vec<_>>();
        let shared = of(&me.offer.shared);
        let rewards = of(&me.offer.reward);
        assert_eq!(shared.len(), records.len(), "each coupon is on somebody's record");
        for record in &records {
            let found = shared.iter().find(|coupon| coupon["id"] == record.id.as_str()).expect("the coupon");
            assert_eq!(found["status"], record.status, "{found}");
            assert_eq!(found["redeemed"]["reward"].is_string(), record.is_rewarded, "{found}");
        }
        let valid = rewards.iter().filter(|reward| reward["status"] != "revoked").count();
        assert_eq!(
            valid,
            records.iter().filter(|record| record.is_rewarded).count(),
            "one reward for each use"
        );
    }
}

fn get(who: Who, path: String) -> Request {
    Request { method: Method::GET, who, path, key: None, body: String::new() }
}
