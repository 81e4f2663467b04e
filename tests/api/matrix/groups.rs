//! The cases of groups and their messages.

use super::cases::Case;
use crate::api::world::{Who, World, money};
use scrip_test_support::groups::{PaymentRequest, equally, group_of};
use serde_json::{Value, json};

pub fn cases(world: &World) -> Vec<Case> {
    let mut cases = talk(world);
    let last = cases.pop();
    cases.extend(payments(world));
    // Who is removed asks and pays no more.
    cases.extend(last);
    cases
}

fn payments(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Otto, Treasury};
    let circle = &world.shelf().circle;
    let split = equally(&world.scrip, &[&world.alice, &world.otto]);
    let of_group = |operation: &str| {
        Case::by(operation, Alice).of("group", &circle.group.id).hidden_from(&[Mallory, Bob, Treasury])
    };
    let of = |operation: &str, caller: Who, request: &PaymentRequest| {
        let case = Case::by(operation, caller).of("payment_request", &request.id);
        case.hidden_from(&[Mallory, Bob, Treasury])
    };
    let [paid, declined, settled, stopped] = &circle.requests;
    let preview = |fen: i64| json!({ "total": money(fen), "split": split });
    let ask = |fen: i64| {
        json!({
            "account": world.account, "total": money(fen), "split": split, "note": "Dinner",
            "expires_in": "P1D", "remind_after": "PT2H", "amounts": "hidden",
            "allocation": "largest_remainder",
        })
    };
    let pay = |fen: i64| json!({ "account": world.ottos, "amount": money(fen) });
    let otto = world.scrip.known_as("otto");
    vec![
        of_group("preview-payment-request").with(preview(1_001), Value::Null),
        of_group("ask-for-payment").with(ask(1_001), ask(1_002)),
        Case::by("list-payment-requests", Otto),
        of("get-payment-request", Otto, settled),
        of("pay-share", Otto, paid).with(pay(100), pay(101)),
        of("decline-share", Otto, declined).with(json!({ "reason": "Not there" }), json!({})),
        of("amend-payment-request", Alice, settled)
            .not(&[Otto])
            .with(json!({ "version": 1, "note": "Supper", "extend_by": "P1D" }), Value::Null),
        of("remind-of-payment", Alice, settled).not(&[Otto]).with(json!({ "users": [otto] }), json!({})),
        of("mute-payment-request", Otto, settled),
        of("unmute-payment-request", Otto, settled),
        of("settle-share", Alice, settled)
            .of("user", &otto)
            .not(&[Otto])
            .with(json!({ "version": 1, "status": "waived" }), Value::Null),
        of("stop-payment-request", Alice, stopped).not(&[Otto]),
    ]
}

fn talk(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Otto, Treasury};
    let group = &world.shelf().circle.group;
    let of_group = |operation: &str, caller: Who| {
        Case::by(operation, caller).of("group", &group.id).hidden_from(&[Mallory, Bob, Treasury])
    };
    let olga = world.scrip.known_as("olga");
    let text = |text: &str| json!({ "text": text });
    vec![
        Case::by("create-group", Alice)
            .with(group_of(&world.scrip, &[&world.otto]), group_of(&world.scrip, &[&world.olga])),
        Case::by("list-groups", Alice),
        of_group("get-group", Otto),
        of_group("rename-group", Alice)
            .not(&[Otto])
            .with(json!({ "version": 1, "name": "Dinner" }), Value::Null),
        of_group("add-group-member", Alice).of("user", &olga),
        of_group("send-message", Otto).with(text("Bo and Chen"), text("Nobody")),
        of_group("list-messages", Otto),
        of_group("mark-messages-read", Otto).with(json!({ "seq": 1 }), Value::Null),
        of_group("remove-group-member", Alice).of("user", &olga).not(&[Otto]),
    ]
}
