//! The cases of contacts, of pools, and of what a merchant's owner sets up for both.

use super::cases::{Case, DEVICES};
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
    let of_pool = |operation: &str, route: &str, caller: Who| {
        Case::by(operation, &route.replace("/pool", "/pools/{owner}/coupons"), caller)
            .of("owner", &alice)
            .not(&DEVICES)
            .hidden_from(&[Mallory, Bob])
    };
    let coupon = |id: &str| json!({ "coupon": id });
    vec![
        of_pool("share-coupon", "POST /pool", Alice)
            .hidden_from(&[Otto])
            .with(coupon(&shelf.held[0]), coupon(&shelf.held[1])),
        of_pool("list-pool-coupons", "GET /pool", Otto),
        of_pool("reserve-coupon", "POST /pool/{coupon}/reservations", Otto).of("coupon", &shelf.pooled),
        of_pool("release-coupon", "DELETE /pool/{coupon}/reservations/{reservation}", Otto)
            .of("coupon", &shelf.reserved.coupon)
            .of("reservation", &shelf.reserved.id)
            .hidden_from(&[Alice]),
        of_pool("withdraw-coupon", "DELETE /pool/{coupon}", Alice)
            .of("coupon", &shelf.withdrawn)
            .hidden_from(&[Otto]),
    ]
}

fn contacts(world: &World) -> Vec<Case> {
    use Who::{Alice, Olga};
    let pia = world.scrip.known_as("pia");
    vec![
        Case::by("put-contact", "PUT /contacts/{user}", Alice).of("user", &pia).not(&DEVICES),
        Case::by("list-contacts", "GET /contacts", Alice).not(&DEVICES),
        Case::by("remove-contact", "DELETE /contacts/{user}", Alice).of("user", &pia).not(&DEVICES),
        Case::by("list-own-stores", "GET /me/stores", Olga).not(&DEVICES),
    ]
}

fn webhook_keys(world: &World) -> Vec<Case> {
    let of_shop = |operation: &str, route: &str| {
        let route = route.replace("/keys", "/merchants/{merchant}/webhook-keys");
        let case = Case::by(operation, &route, Who::Bob).of("merchant", &world.shop.id);
        case.not(&NOT_OWNER).hidden_from(&OUTSIDE)
    };
    let (_, public_key) = public_webhook_key();
    let v1a: Value = json!({ "kind": "v1a", "public_key": public_key });
    vec![
        of_shop("create-webhook-key", "POST /keys").with(v1a, json!({ "kind": "v1" })),
        of_shop("list-webhook-keys", "GET /keys"),
        // Last, since it is what confirmations are signed with.
        of_shop("remove-webhook-key", "DELETE /keys/{key}").of("key", &world.shelf().key.id),
    ]
}
