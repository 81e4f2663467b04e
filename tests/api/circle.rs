//! A group of the world, in which Alice and Otto talk.

use super::world::World;
use scrip_test_support::User;
use scrip_test_support::coupons::befriend;
use scrip_test_support::groups::Group;

/// What there is of groups.
pub struct Circle {
    /// Alice's, with Otto in it; Olga is a contact of hers.
    pub group: Group,
}

impl Circle {
    pub async fn gather(world: &World) -> Self {
        let World { scrip, alice, otto, olga, .. } = world;
        let group = Group::gather(scrip, alice, &[otto]).await;
        befriend(scrip, alice, olga).await;
        group.send(scrip, otto, "Who was at lunch?").await.expect(201);
        Self { group }
    }

    /// Where everybody sees what is said.
    pub fn paths<'a>(&self, world: &'a World) -> Vec<(&'a User, String)> {
        let messages = self.group.path("/messages?limit=100");
        vec![
            (&world.alice, "/v1/groups".to_owned()),
            (&world.alice, self.group.path("")),
            (&world.alice, messages.clone()),
            (&world.otto, messages),
        ]
    }
}
