//! The cases of contacts, of pools, and of what a merchant's owner sets up for both.

use super::cases::Case;
use super::coupons::{NOT_OWNER, OUTSIDE};
use crate::api::world::{Who, World};
use scrip_test_support::webhooks::public_webhook_key;
use serde_json::{Value, json};

pub fn cases(world: &World) -> Vec<Case> {
    let mut cases = pools(world);
    cases.extend(contacts(world));
    cases.extend(webhook_keys(world));
    cases
}

fn pools(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Otto};
    let (shelf, alice) = (world.shelf(), world.scrip.known_as(&world.alice.id));
    let of_pool = |operation: &str, caller: Who| {
        Case::by(operation, caller).of("owner", &alice).hidden_from(&[Mallory, Bob])
    };
    let coupon = |id: &str| json!({ "coupon": id });
    vec![
        of_pool("share-coupon", Alice)
            .hidden_from(&[Otto])
            .with(coupon(&shelf.held[0]), coupon(&shelf.held[1])),
        of_pool("list-pool-coupons", Otto),
        of_pool("reserve-coupon", Otto).of("coupon", &shelf.pooled),
        of_pool("release-coupon", Otto)
            .of("coupon", &shelf.reserved.coupon)
            .of("reservation", &shelf.reserved.id)
            .hidden_from(&[Alice]),
        of_pool("withdraw-coupon", Alice).of("coupon", &shelf.withdrawn).hidden_from(&[Otto]),
    ]
}

fn contacts(world: &World) -> Vec<Case> {
    use Who::{Alice, Olga};
    let pia = world.scrip.known_as("pia");
    vec![
        Case::by("put-contact", Alice).of("user", &pia),
        Case::by("list-contacts", Alice),
        Case::by("remove-contact", Alice).of("user", &pia),
        Case::by("list-own-stores", Olga),
    ]
}

fn webhook_keys(world: &World) -> Vec<Case> {
    let of_shop = |operation: &str| {
        let case = Case::by(operation, Who::Bob).of("merchant", &world.shop.id);
        case.not(&NOT_OWNER).hidden_from(&OUTSIDE)
    };
    let (_, public_key) = public_webhook_key();
    let v1a: Value = json!({ "kind": "v1a", "public_key": public_key });
    vec![
        of_shop("create-webhook-key").with(v1a, json!({ "kind": "v1" })),
        of_shop("list-webhook-keys"),
        // Last, since it is what confirmations are signed with.
        of_shop("remove-webhook-key").of("key", &world.shelf().key.id),
    ]
}
