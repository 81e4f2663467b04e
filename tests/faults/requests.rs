//! Requests: the good one of each route, out of the cases of the matrix, and those that are refused and count.

use super::told::Told;
use super::walk::Walk;
use super::{TESTS as ALL_TESTS, figures, wired, wrong_code};
use crate::api::matrix::{Case, cases};
use crate::api::world::{PIN, World, money};
use reqwest::Method;
use scrip_directory::PIN_ATTEMPTS;
use scrip_offline::limits::DEVICE_MISSES;
use scrip_test_support::{Faults, Wire};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What answers no request by itself, but is asked by each.
pub const WALKED_BESIDE: [&str; 1] = ["authorize"];
/// Each has a system of its own, in which all cases are made and its share of them is walked over.
const PARTS: usize = 3;
/// How many tests walk here: over the parts, over what has no case, and over what locks.
pub const TESTS: usize = PARTS + 2;
/// Longer than any lock of these tests.
const LOCKED: &str = "PT16M";
const WRONG_PIN: &str = "111112";

struct Ground {
    world: World,
    wire: Wire,
}

impl Ground {
    async fn lay() -> Self {
        let (wire, _, scrip): (Wire, Faults, _) = wired().await;
        Self { world: World::of(scrip).await.stocked().await, wire }
    }

    fn walk<'a>(&'a self, function: &'static str, name: &'a str) -> Walk<'a> {
        Walk { scrip: &self.world.scrip, wire: &self.wire, function, name, audited: true }
    }

    /// Walks over a request of a case.
    async fn over(&self, case: &Case, name: &str, body: &Value) {
        let operation = case.described();
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let send = async |run: usize| {
            let key = format!("{name}-{run}");
            let answer = case.send_keyed(&self.world, case.caller, &case.path(), &key, bytes.clone()).await;
            let mut told = Told::of_answer(&answer);
            if operation.name == "confirm-coupons" {
                // How far the work has come since.
                told.body["status"].take();
            }
            told
        };
        let faults = self.walk(operation.name, name).over(send).await;
        assert!(faults > 0 || operation.budget.round_trips == 0, "{name} met no fault");
    }
}

async fn walk_part(part: usize) {
    let ground = Ground::lay().await;
    for (place, case) in cases(&ground.world).await.iter().enumerate() {
        // A PIN in its own place is one more change each time; what changes something is walked over below.
        if place % PARTS == part && case.operation != "set-pin" {
            for (what, body) in refused(case) {
                ground.over(case, &format!("{}-{what}", case.operation), &body).await;
            }
            ground.over(case, &case.operation, &case.body).await;
        } else {
            let made = case.send(&ground.world, case.caller, &case.path(), case.bytes()).await;
            assert!((200..300).contains(&made.status), "{}: {made:#?}", case.operation);
        }
    }
}

/// Requests of a case that are refused or declined, and leave something behind.
fn refused(case: &Case) -> Vec<(&'static str, Value)> {
    let with = |name: &str, value: Value| {
        let mut body = case.body.clone();
        body[name] = value;
        body
    };
    match case.operation.as_str() {
        "authorize-offline" | "verify-bill" => vec![("wrong-pin", with("pin", json!(WRONG_PIN)))],
        "create-pos-transaction" => vec![
            ("wrong-code", with("secure_code", json!("581930274615"))),
            ("too-much", with("amount", money(60_000))),
        ],
        "transfer-deduction" => {
            let payer = json!({ "user": "otto", "secure_code": "581930274615" });
            vec![("wrong-code", with("payer", payer))]
        }
        "transfer" => vec![("too-much", with("amount", money(900_000)))],
        "check-coupons" => {
            let code = case.body["codes"][0].as_str().expect("a code");
            vec![("wrong-code", with("codes", json!([wrong_code(code)])))]
        }
        "verify-coupon" => {
            let code = case.body["code"].as_str().expect("a code");
            vec![("wrong-code", with("code", json!(wrong_code(code))))]
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_first_part_of_the_routes() {
    walk_part(0).await;
    figures::done(ALL_TESTS);
}

#[tokio::test]
async fn the_second_part_of_the_routes() {
    walk_part(1).await;
    figures::done(ALL_TESTS);
}

#[tokio::test]
async fn the_third_part_of_the_routes() {
    walk_part(2).await;
    figures::done(ALL_TESTS);
}

/// One more wrong PIN or code locks: each request with it is told what it has found out, not of the lock that it made.
#[tokio::test]
async fn the_last_attempt_before_a_lock() {
    let ground = Ground::lay().await;
    let World { scrip, alice, .. } = &ground.world;
    let cases = cases(&ground.world).await;
    let over = async |operation: &str, attempts: i64| {
        let case = cases.iter().find(|case| case.operation == operation).expect("a case");
        let (what, body) = refused(case).swap_remove(0);
        for _ in 0..attempts {
            let bytes = body.to_string().into_bytes();
            case.send(&ground.world, case.caller, &case.path(), bytes).await;
        }
        ground.over(case, &format!("{operation}-last-{what}"), &body).await;
        scrip.advance(LOCKED).await;
    };
    for operation in ["verify-bill", "authorize-offline"] {
        let guess = json!({ "pin": "730164", "current_pin": WRONG_PIN });
        for _ in 1..PIN_ATTEMPTS {
            scrip.change(Method::PUT, alice, "/v1/me/pin", &guess).await.expect(422);
        }
        over(operation, 0).await;
    }
    over("create-pos-transaction", DEVICE_MISSES - 1).await;
    over("transfer-deduction", DEVICE_MISSES - 1).await;
    figures::done(ALL_TESTS);
}

#[tokio::test]
async fn what_is_asked_for_without_a_case_of_its_own() {
    let ground = Ground::lay().await;
    let World { scrip, alice, terminal, shop, .. } = &ground.world;
    let routes: BTreeSet<_> = scrip_catalog::operations()
        .into_iter()
        .filter_map(|operation| operation.is_http().then_some(operation.name.to_owned()))
        .collect();
    let walked = cases(&ground.world).await.into_iter().map(|case| case.operation);
    assert_eq!(walked.collect::<BTreeSet<_>>(), routes);

    // A device's token names its body, so that each body is a token which the gateway has not seen.
    let ask = async |run: usize| {
        let line =
            json!({ "sku": "tea", "quantity": 1, "unit_price": money(1_000 + i64::try_from(run).unwrap()) });
        let body = json!({ "merchant": shop.id, "items": [], "lines": [line] });
        let answer =
            scrip.post_keyed(terminal, "/v1/deductions/calculations", &format!("ask-{run}"), &body).await;
        Told { body: Value::Null, ..Told::of_answer(&answer) }
    };
    assert!(ground.walk("authorize", "authorize").over(ask).await > 0);

    // With a key, a wrong PIN is known again.
    let body = json!({ "pin": "730164", "current_pin": WRONG_PIN }).to_string().into_bytes();
    let guess = async |run: usize| {
        let key = format!("guess-{run}");
        let answer = scrip.send(Method::PUT, alice, "/v1/me/pin", Some(&key), body.clone()).await;
        Told::of_answer(&answer)
    };
    assert!(ground.walk("set-pin", "set-pin-wrong-pin").over(guess).await > 0);
    let body = json!({ "pin": "730164", "current_pin": PIN }).to_string().into_bytes();
    let change = async |_| {
        let answer = scrip.send(Method::PUT, alice, "/v1/me/pin", None, body.clone()).await;
        Told::of_answer(&answer)
    };
    assert!(ground.walk("set-pin", "set-pin-anew").over(change).await > 0);
    figures::done(ALL_TESTS);
}
