//! The cases of deductions.

use super::cases::{Case, DEVICES, OTHERS_THAN_TERMINALS};
use crate::api::world::{SECURE_CODE, Who, World, money};
use scrip_test_support::deductions::amount_off;
use serde_json::{Value, json};

pub fn cases(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Olga, OtherTerminal, Pos, Server, Terminal};
    let shop = world.shop.id.as_str();
    let with_item = |operation: &str, route: &str, caller: Who| {
        let route = route.replace("/items", "/merchants/{merchant}/deduction-items");
        Case::by(operation, &route, caller).of("merchant", shop).of("item", "welcome")
    };
    let grant = |units: i64| json!({ "user": "otto", "units": units });
    let context = json!({ "member_level": "gold", "order_count": 2, "balances": { "welcome": 1 } });
    let line = |price: i64| json!({ "sku": "tea", "name": "Tea", "quantity": 2, "unit_price": money(price) });
    let calculation = |price: i64| {
        let items = ["welcome"];
        json!({ "merchant": shop, "items": items, "lines": [line(price)], "context": context })
    };
    vec![
        with_item("put-deduction-item", "PUT /items/{item}", Bob)
            .not(&[Olga, Terminal, Server])
            .hidden_from(&[Mallory, Alice])
            .with(json!({ "kind": "coupon", "rule": amount_off(100) }), Value::Null),
        Case::by("list-deduction-items", "GET /merchants/{merchant}/deduction-items", Bob)
            .of("merchant", shop)
            .not(&[Pos, Server])
            .hidden_from(&[OtherTerminal]),
        with_item("get-deduction-rule", "GET /items/{item}/rule", Terminal)
            .not(&[Pos, Server])
            .hidden_from(&[OtherTerminal]),
        Case::by("list-signing-keys", "GET /deductions/keys", Alice),
        with_item("grant-deduction-balance", "POST /items/{item}/grants", Bob)
            .not(&[Olga, Terminal, Server])
            .hidden_from(&[Mallory, Alice])
            .with(grant(1), grant(2)),
        Case::by("list-deduction-balances", "GET /merchants/{merchant}/deduction-balances", Alice)
            .of("merchant", shop)
            .not(&DEVICES),
        Case::by("calculate-deduction", "POST /deductions/calculations", Terminal)
            .not(&[Pos, Server])
            .hidden_from(&[OtherTerminal])
            .with(calculation(300), calculation(301)),
        Case::by("transfer-deduction", "POST /deductions/transfers", Terminal)
            .not(&OTHERS_THAN_TERMINALS)
            .hidden_from(&[OtherTerminal])
            .with(purchase("order-8", 300), purchase("order-9", 301)),
        Case::by("get-deduction-receipt", "GET /deductions/transfers/{transfer}", Terminal)
            .of("transfer", &world.receipt)
            .not(&[Pos, Server])
            .hidden_from(&[OtherTerminal, Mallory, Alice]),
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
