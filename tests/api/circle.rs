//! A group of the world, in which Alice and Otto talk.

use super::world::World;
use scrip_test_support::User;
use scrip_test_support::coupons::befriend;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use serde_json::json;

/// What there is of groups.
pub struct Circle {
    /// Alice's, with Otto in it; Olga is a contact of hers.
    pub group: Group,
    /// What Alice asks of Otto in it: to be paid, declined, settled and stopped.
    pub requests: [PaymentRequest; 4],
}

impl Circle {
    pub async fn gather(world: &World) -> Self {
        let World { scrip, alice, otto, olga, .. } = world;
        let group = Group::gather(scrip, alice, &[otto]).await;
        befriend(scrip, alice, olga).await;
        group.send(scrip, otto, "Who was at lunch?").await.expect(201);
        let mut requests = Vec::new();
        for fen in [600, 700, 800, 900] {
            let terms = json!({ "split": equally(scrip, &[alice, otto]), "note": "Lunch" });
            let asked = group.ask(scrip, alice, &world.account, fen, &terms).await;
            requests.push(PaymentRequest::of(asked));
        }
        scrip.settle().await;
        Self { group, requests: requests.try_into().expect("four") }
    }

    /// Where everybody sees what is said.
    pub fn paths<'a>(&self, world: &'a World) -> Vec<(&'a User, String)> {
        let messages = self.group.path("/messages?limit=100");
        vec![
            (&world.alice, "/v1/groups".to_owned()),
            (&world.alice, self.group.path("")),
            (&world.alice, messages.clone()),
            (&world.otto, messages),
            (&world.alice, "/v1/payment-requests?role=requester".to_owned()),
            (&world.otto, "/v1/payment-requests".to_owned()),
        ]
    }
}
