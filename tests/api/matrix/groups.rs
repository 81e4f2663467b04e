//! The cases of groups and their messages.

use super::cases::Case;
use crate::api::world::{Who, World};
use scrip_test_support::groups::group_of;
use serde_json::{Value, json};

pub fn cases(world: &World) -> Vec<Case> {
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
