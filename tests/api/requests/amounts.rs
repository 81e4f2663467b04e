//! Amounts of money, wherever a request has one.

use crate::api::world::{World, next_code};
use reqwest::Method;
use scrip_test_support::{Answer, Caller, fresh_key};
use serde_json::Value;

/// As JSON, with the code that is told and the end of the pointer. The largest whole numbers of the formats around
/// are among them: of 53, 63 and 64 bits.
const BAD: [(&str, &str, &str); 22] = [
    (r#"{"amount":0,"currency":"CNY"}"#, "amount-not-positive", "/amount"),
    (r#"{"amount":-1,"currency":"CNY"}"#, "amount-not-positive", "/amount"),
    (r#"{"amount":-9223372036854775808,"currency":"CNY"}"#, "amount-not-positive", "/amount"),
    (r#"{"amount":1000000000000001,"currency":"CNY"}"#, "out-of-range", "/amount"),
    (r#"{"amount":9007199254740993,"currency":"CNY"}"#, "out-of-range", "/amount"),
    (r#"{"amount":9223372036854775807,"currency":"CNY"}"#, "out-of-range", "/amount"),
    (r#"{"amount":9223372036854775808,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":18446744073709551616,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":1.5,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":1.0,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":1e2,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":"1","currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"amount":null,"currency":"CNY"}"#, "invalid-field", "/amount"),
    (r#"{"currency":"CNY"}"#, "missing-field", "/amount"),
    (r#"{"amount":1}"#, "missing-field", "/currency"),
    (r#"{"amount":1,"currency":"XXX"}"#, "unknown-currency", "/currency"),
    (r#"{"amount":1,"currency":"cny"}"#, "unknown-currency", "/currency"),
    (r#"{"amount":1,"currency":""}"#, "unknown-currency", "/currency"),
    (r#"{"amount":1,"currency":156}"#, "invalid-field", "/currency"),
    (r#"{"amount":1,"currency":"CNY","scale":2}"#, "unknown-field", "/scale"),
    (r"100", "invalid-field", ""),
    (r#""1.00 CNY""#, "invalid-field", ""),
];

/// A request with a hole where the amount stands.
struct Request<'a> {
    operation: &'a str,
    method: Method,
    path: String,
    caller: &'a dyn Caller,
    pointer: &'a str,
    before: String,
    after: &'a str,
}

impl Request<'_> {
    async fn send(&self, world: &World, amount: &str) -> Answer {
        let body = format!("{}{amount}{}", self.before, self.after).into_bytes();
        let key = fresh_key();
        let key = (self.method == Method::POST).then_some(key.as_str());
        world.scrip.send(self.method.clone(), &self.caller, &self.path, key, body).await
    }
}

async fn requests(world: &World) -> Vec<Request<'_>> {
    let post = |operation, path: String, caller, pointer, before: String, after| Request {
        operation,
        method: Method::POST,
        path,
        caller,
        pointer,
        before,
        after,
    };
    let World { account, shop, .. } = world;
    let code = world.open.code(&world.scrip).await;
    vec![
        post(
            "deposit",
            format!("/v1/accounts/{account}/deposits"),
            &world.treasury,
            "/amount",
            r#"{"reference":"wire","amount":"#.into(),
            "}",
        ),
        post(
            "transfer",
            "/v1/transfers".into(),
            &world.alice,
            "/amount",
            format!(r#"{{"from":"{account}","to":"{}","amount":"#, shop.account),
            "}",
        ),
        post(
            "reverse-transfer",
            format!("/v1/transfers/{}/reversals", world.transfer),
            &world.shop.owner,
            "/amount",
            r#"{"amount":"#.into(),
            "}",
        ),
        post(
            "open-bill",
            "/v1/bills".into(),
            &world.alice,
            "/ceiling",
            format!(r#"{{"account":"{account}","effective_for":"PT2H","ceiling":"#),
            "}",
        ),
        Request {
            method: Method::PATCH,
            ..post(
                "amend-bill",
                world.open.path(""),
                &world.alice,
                "/ceiling",
                r#"{"version":1,"ceiling":"#.into(),
                "}",
            )
        },
        post(
            "add-items",
            world.open.path("/items"),
            &world.terminal,
            "/items/0/unit_price",
            format!(r#"{{"presentation_code":"{code}","items":[{{"name":"Tea","quantity":1,"unit_price":"#),
            "}]}",
        ),
    ]
}

#[tokio::test]
async fn an_amount_is_a_positive_whole_number_of_a_known_currency() {
    let world = World::start().await;
    next_code(&world.scrip).await;
    let before = world.state().await;
    for request in requests(&world).await {
        for (amount, code, end) in BAD {
            let answer =
                request.send(&world, amount).await.refused(request.operation, 400, "invalid-request");
            let told = &answer.body["errors"][0];
            let pointer = format!("{}{end}", request.pointer);
            assert_eq!(
                (&told["code"], &told["pointer"]),
                (&Value::from(code), &Value::from(pointer)),
                "{amount}: {told}"
            );
        }
        request.send(&world, r#"{"amount":1e999,"currency":"CNY"}"#).await.refused(
            request.operation,
            400,
            "malformed-json",
        );
    }
    assert_eq!(world.state().await, before);
    for request in requests(&world).await {
        let amount = if request.operation == "amend-bill" {
            r#"{"amount":600,"currency":"CNY"}"#
        } else {
            r#"{"currency":"CNY","amount":1}"#
        };
        let answer = request.send(&world, amount).await;
        // The ceiling that the bill got stands in the way of its items.
        let stands_in_the_way = request.operation == "add-items" && answer.body["code"] == "ceiling-exceeded";
        assert!(answer.status < 300 || stands_in_the_way, "{}: {answer:?}", request.operation);
    }
}

#[tokio::test]
async fn the_largest_amount_is_ten_trillion() {
    let world = World::start().await;
    let most = r#"{"amount":1000000000000000,"currency":"CNY"}"#;
    for request in requests(&world).await {
        let answer = request.send(&world, most).await;
        // It passes as an amount; whether anybody has as much is another question.
        assert_ne!(answer.status, 400, "{}: {answer:?}", request.operation);
    }
}

#[tokio::test]
async fn currencies_with_other_decimal_places_are_minor_units_too() {
    let scrip = scrip_test_support::Scrip::start().await;
    for currency in ["JPY", "KWD"] {
        let alice = scrip.user("alice").await;
        alice_pays(&scrip, &alice, currency).await;
    }
}

async fn alice_pays(scrip: &scrip_test_support::Scrip, alice: &scrip_test_support::User, currency: &str) {
    let account = scrip.account(alice, 12_345, currency).await;
    let shop = scrip.shop("bob", currency).await;
    let terminal = shop.terminal(scrip).await;
    let bill = alice.open_bill(scrip, &account, Value::Object(serde_json::Map::default())).await;
    let item = bill.item(scrip, "Tea", 3, 111, currency).await;
    let added = scrip.post(&terminal, &bill.path("/items"), &item).await.expect(201);
    assert_eq!(added.body["items"][0]["amount"], serde_json::json!({ "amount": 333, "currency": currency }));
    let asked = bill.ask(scrip, alice).await.expect(201);
    assert_eq!(asked.body["total"], serde_json::json!({ "amount": 333, "currency": currency }));
}
