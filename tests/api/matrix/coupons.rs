//! The cases of campaigns, of coupons, and of those who use and verify them.

use super::cases::Case;
use crate::api::shelf::Shelf;
use crate::api::world::{ORDER, Who, World, money};
use scrip_test_support::coupons::{STORE, campaign, code_of_nothing, verification};
use scrip_test_support::webhooks::confirmation;
use serde_json::{Value, json};

/// Everybody who must not know what the shop keeps for itself, and everybody who knows the shop but may not.
pub(super) const OUTSIDE: [Who; 2] = [Who::Mallory, Who::Alice];
pub(super) const NOT_OWNER: [Who; 1] = [Who::Olga];

pub fn cases(world: &World) -> Vec<Case> {
    let mut cases = campaigns(world, world.shelf());
    cases.extend(coupons(world.shelf()));
    cases.extend(used(world, world.shelf()));
    cases.extend(verified(world, world.shelf()));
    cases
}

fn campaigns(world: &World, shelf: &Shelf) -> Vec<Case> {
    use Who::{Alice, Bob};
    let shop = world.shop.id.as_str();
    let reward = json!({ "campaign": shelf.campaign, "to": "pool" });
    let all = json!({
        "per_day": 2, "budget": money(100_000), "order_minimum": money(2_000), "stores": [STORE, "s2"],
        "utc_offset": "+08:00", "reward": reward,
    });
    vec![
        Case::by("create-campaign", Bob)
            .of("merchant", shop)
            .not(&NOT_OWNER)
            .hidden_from(&OUTSIDE)
            .with(campaign(&all), campaign(&json!({ "quantity": 7 }))),
        Case::by("list-campaigns", Alice).of("merchant", shop),
        Case::by("get-campaign", Alice).of("campaign", &shelf.campaign),
        Case::by("take-coupon", Alice).of("campaign", &shelf.campaign),
        Case::by("list-campaign-coupons", Bob).of("campaign", &shelf.campaign).hidden_from(&OUTSIDE),
    ]
}

fn coupons(shelf: &Shelf) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Otto};
    vec![
        Case::by("list-coupons", Alice),
        Case::by("get-coupon", Alice).of("coupon", &shelf.held[0]).hidden_from(&[Mallory, Bob, Otto]),
        Case::by("get-coupon-code", Alice).of("coupon", &shelf.held[0]).hidden_from(&[Mallory, Bob, Otto]),
    ]
}

fn used(world: &World, shelf: &Shelf) -> Vec<Case> {
    use Who::{OtherServer, Server};
    let check = |fen: i64| {
        let order = json!({ "reference": ORDER, "total": money(fen) });
        json!({ "codes": [shelf.used.code], "order": order })
    };
    // Of no coupon, so that nothing is told to anybody later whose notifications are looked at.
    let mut confirmed = confirmation(&world.shop.id, &[&code_of_nothing()], 5_000);
    confirmed["reward"] = json!({ "campaign": shelf.campaign });
    vec![
        Case::by("check-coupons", Server).with(check(5_000), check(6_000)),
        Case::by("confirm-coupons", Server).with(confirmed, Value::Null),
        Case::by("get-confirmation", Server)
            .of("confirmation", &shelf.confirmation)
            .hidden_from(&[OtherServer]),
        Case::by("reverse-confirmation", Server)
            .of("confirmation", &shelf.confirmation)
            .hidden_from(&[OtherServer]),
    ]
}

fn verified(world: &World, shelf: &Shelf) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Olga, Otto};
    let shop = world.shop.id.as_str();
    let scan = |fen: i64| {
        let order = json!({ "reference": ORDER, "total": money(fen) });
        verification(STORE, &shelf.used.code, &json!({ "order": order, "merchant": shop }))
    };
    let mut export = Case::by("export-verifications", Bob).of("merchant", shop).hidden_from(&OUTSIDE);
    "?from=2026-01-01&to=2026-01-31".clone_into(&mut export.query);
    vec![
        Case::by("verify-coupon", Olga).not(&[Alice, Mallory]).with(scan(5_000), scan(6_000)),
        Case::by("list-verifications", Olga).of("merchant", shop).hidden_from(&OUTSIDE),
        export,
        Case::by("get-service-page", Alice).of("file", "index.html"),
        Case::by("reverse-verification", Olga)
            .of("verification", &shelf.verification)
            .hidden_from(&[Alice, Otto, Mallory]),
    ]
}
