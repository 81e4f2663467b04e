//! Names and references: how long they may be, and what stands in them.

use crate::api::world::{World, addition, next_code, public_key, tea, transfer};
use scrip_identity::Algorithm;
use scrip_test_support::{Answer, Caller};
use serde_json::{Value, json};

struct Field<'a> {
    operation: &'a str,
    path: String,
    caller: &'a dyn Caller,
    body: Value,
    pointer: &'a str,
    most: usize,
}

impl Field<'_> {
    async fn send(&self, world: &World, text: &str) -> Answer {
        let mut body = self.body.clone();
        if self.operation == "add-items" {
            // Each code counts once.
            next_code(&world.scrip).await;
            body = addition(&world.scrip, &world.open, body["items"].clone()).await;
        }
        let (parent, name) = self.pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = json!(text);
        world.scrip.post(&self.caller, &self.path, &body).await
    }
}

fn fields(world: &World) -> Vec<Field<'_>> {
    let (_, public_key) = public_key(Algorithm::EdDsa);
    let World { account, shop, .. } = world;
    let field =
        |operation, path, caller, body, pointer, most| Field { operation, path, caller, body, pointer, most };
    let deposit = json!({ "amount": { "amount": 1, "currency": "CNY" } });
    let device = json!({ "public_key": public_key });
    let of_shop = json!({ "kind": "pos", "store": "s1", "public_key": public_key });
    let items = json!({ "items": [tea(1, 1)] });
    let back = json!({ "amount": { "amount": 1, "currency": "CNY" } });
    let reversals = format!("/v1/transfers/{}/reversals", world.transfer);
    vec![
        field(
            "deposit",
            format!("/v1/accounts/{account}/deposits"),
            &world.treasury,
            deposit,
            "/reference",
            140,
        ),
        field(
            "transfer",
            "/v1/transfers".into(),
            &world.alice,
            transfer(account, &shop.account, 1),
            "/reference",
            140,
        ),
        field(
            "grant-deduction-balance",
            shop.items_path("/welcome/grants"),
            &shop.owner,
            json!({ "user": "otto", "units": 1 }),
            "/reference",
            140,
        ),
        field("reverse-transfer", reversals, &shop.owner, back, "/reference", 140),
        field(
            "create-merchant",
            "/v1/merchants".into(),
            &world.alice,
            json!({ "currency": "CNY" }),
            "/name",
            100,
        ),
        field("register-device", "/v1/me/devices".into(), &world.alice, device, "/name", 100),
        field(
            "register-merchant-device",
            format!("/v1/merchants/{}/devices", shop.id),
            &shop.owner,
            of_shop,
            "/name",
            100,
        ),
        field("add-items", world.open.path("/items"), &world.terminal, items.clone(), "/items/0/name", 100),
        field("add-items", world.open.path("/items"), &world.terminal, items, "/items/0/sku", 64),
    ]
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs a new code for each text")]
async fn texts_are_counted_in_characters() {
    let world = World::start().await;
    for field in fields(&world) {
        for letter in ["x", "茶", "é", "🍵"] {
            field.send(&world, &letter.repeat(field.most)).await.expect(201);
        }
        for text in [String::new(), "x".repeat(field.most + 1), "茶".repeat(field.most + 1)] {
            field.send(&world, &text).await.refused_field(field.operation, field.pointer, "out-of-range");
        }
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs a new code for each text")]
async fn texts_hold_nothing_invisible_at_their_ends_and_nothing_that_controls() {
    let world = World::start().await;
    for field in fields(&world) {
        for text in ["a\nb", "a\tb", "\u{0}", "a\u{1b}[2Jb", "a\u{85}b", " a", "a ", " ", "\u{3000}a"] {
            field.send(&world, text).await.refused_field(field.operation, field.pointer, "invalid-field");
        }
        field.send(&world, "a b").await.expect(201);
    }
}
