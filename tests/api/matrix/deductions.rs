//! The cases of deductions.

use super::cases::Case;
use crate::api::world::{SECURE_CODE, Who, World, money};
use scrip_test_support::deductions::amount_off;
use serde_json::{Value, json};

pub fn cases(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Olga, OtherTerminal, Terminal};
    let shop = world.shop.id.as_str();
    let with_item =
        |operation: &str, caller: Who| Case::by(operation, caller).of("merchant", shop).of("item", "welcome");
    let grant = |units: i64| json!({ "user": "otto", "units": units });
    let context = json!({ "member_level": "gold", "order_count": 2, "balances": { "welcome": 1 } });
    let line = |price: i64| json!({ "sku": "tea", "name": "Tea", "quantity": 2, "unit_price": money(price) });
    let calculation = |price: i64| {
        let items = ["welcome"];
        json!({ "merchant": shop, "items": items, "lines": [line(price)], "context": context })
    };
    vec![
        with_item("put-deduction-item", Bob)
            .not(&[Olga])
            .hidden_from(&[Mallory, Alice])
            .with(json!({ "kind": "coupon", "rule": amount_off(100) }), Value::Null),
        Case::by("list-deduction-items", Bob).of("merchant", shop).hidden_from(&[OtherTerminal]),
        with_item("get-deduction-rule", Terminal).hidden_from(&[OtherTerminal]),
        Case::by("list-signing-keys", Alice),
        with_item("grant-deduction-balance", Bob)
            .not(&[Olga])
            .hidden_from(&[Mallory, Alice])
            .with(grant(1), grant(2)),
        Case::by("list-deduction-balances", Alice).of("merchant", shop),
        Case::by("calculate-deduction", Terminal)
            .hidden_from(&[OtherTerminal])
            .with(calculation(300), calculation(301)),
        Case::by("transfer-deduction", Terminal)
            .hidden_from(&[OtherTerminal])
            .with(purchase("order-8", 300), purchase("order-9", 301)),
        Case::by("get-deduction-receipt", Terminal).of("transfer", &world.receipt).hidden_from(&[
            OtherTerminal,
            Mallory,
            Alice,
        ]),
    ]
}

/// Otto buys two pieces, with a coupon of 100.
fn purchase(order_reference: &str, price: i64) -> Value {
    json!({
        "items": [{ "item": "welcome", "version": 1 }],
        "first_value": money(2 * price),
        "lines": [{ "sku": "tea", "quantity": 2, "unit_price": money(price) }],
        "second_value": money(2 * price - 100),
        "payer": { "user": "otto", "secure_code": SECURE_CODE },
        "order_reference": order_reference,
    })
}
