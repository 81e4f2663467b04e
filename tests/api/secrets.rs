//! What must not be written down: PINs, codes, tokens, keys, card numbers.

use super::matrix::{Case, cases};
use crate::api::world::{CARD_NUMBER, PIN, SECURE_CODE, World, addition, tea, transfer};
use scrip_test_support::coupons::{STORE, order};
use scrip_test_support::webhooks::confirmed;
use scrip_test_support::{Caller, Trace, fresh_key};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Members that hold ids and times.
const CHANCE: [&str; 6] = ["request_id", "time", "timestamp", "span", "causes", "_aws"];
const WRONG_PIN: &str = "271828";

/// What is secret in this world.
async fn secrets(world: &World) -> Vec<String> {
    let token = world.terminal.token(b"", world.scrip.now().await);
    vec![
        PIN.to_owned(),
        CARD_NUMBER.replace(' ', ""),
        SECURE_CODE.to_owned(),
        world.open.code(&world.scrip).await,
        world.open.key.to_base64url(),
        world.alice.token.clone(),
        token,
        WRONG_PIN.to_owned(),
        CARD_NUMBER.to_owned(),
    ]
}

/// Puts a secret wherever a request has room for something.
async fn feed(world: &World, case: &Case, secret: &str) {
    let mut bodies: Vec<Value> =
        leaves(&case.body, "").iter().map(|at| replaced(&case.body, at, secret)).collect();
    let mut more = case.body.clone();
    if more.is_object() {
        more[secret] = json!(secret);
    }
    bodies.extend([more, json!(secret), json!({ "pin": secret, "card": secret })]);
    for body in bodies {
        case.send(world, case.caller, &case.path(), world.scrip.bytes(&body)).await;
    }
    case.send(world, case.caller, &case.path(), format!("{{\"a\": {secret}").into_bytes()).await;

    let bare: String = secret.chars().filter(|character| *character != ' ').collect();
    for name in case.parameters.keys() {
        let mut parameters = case.parameters.clone();
        parameters.insert(name, bare.clone());
        case.send(world, case.caller, &case.path_with(&parameters), case.bytes()).await;
    }
    let path = format!("{}?limit={bare}&after={bare}&merchant={bare}&{bare}={bare}", case.path());
    case.send(world, case.caller, &path, case.bytes()).await;
    let (key, bearer) = (fresh_key(), format!("Bearer {secret}"));
    for (key, bearer) in [(secret, "Bearer none"), (&key, &bearer)] {
        let headers = [("idempotency-key", key), ("authorization", bearer)];
        world.scrip.raw(case.method.clone(), &case.path(), &headers, case.bytes()).await;
    }
    let caller = world.who(case.caller);
    world.scrip.send(case.method.clone(), &caller, &case.path(), Some(secret), case.bytes()).await;
}

/// The places of what is neither list nor object.
fn leaves(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| leaves(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(elements) => {
            let places = elements.iter().enumerate();
            places.flat_map(|(index, value)| leaves(value, &format!("{at}/{index}"))).collect()
        }
        Value::Null if at.is_empty() => Vec::new(),
        _ => vec![at.to_owned()],
    }
}

fn replaced(body: &Value, at: &str, secret: &str) -> Value {
    let mut body = body.clone();
    *body.pointer_mut(at).expect("a place in the body") = json!(secret);
    body
}

/// Right and wrong answers, so that operations get as far as to what they keep secret themselves.
async fn use_secrets(world: &World) {
    let items = addition(&world.scrip, &world.open, json!([tea(1, 1)])).await;
    world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(201);
    world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(422);
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, WRONG_PIN).await.expect(422);
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN).await.expect(200);
    for (user, reason) in [("alice", "code-not-accepted"), ("otto", "limit-exceeded")] {
        let declined = world.pos.ask(&world.scrip, user, SECURE_CODE, 60_000).await.expect(201);
        assert_eq!(declined.text("reason"), reason);
    }
    let mut order = transfer(&world.account, &world.mallorys, 1);
    order["reference"] = json!(CARD_NUMBER);
    world.scrip.post(&world.alice, "/v1/transfers", &order).await.expect(400);
}

#[cfg(not(feature = "deployed"))]
async fn log(world: &World) -> Vec<Value> {
    std::future::ready(world.scrip.log().lines()).await
}

#[cfg(feature = "deployed")]
async fn log(world: &World) -> Vec<Value> {
    assert!(world.scrip.is_deployed());
    crate::deployed::log::lines("").await
}

/// What is secret of coupons, each of its kind.
async fn secrets_of_coupons(world: &World) -> Vec<String> {
    let (scrip, shelf) = (&world.scrip, world.shelf());
    let secret = shelf.key.secret.text();
    vec![
        world.alice.code(scrip, &shelf.held[0]).await,
        shelf.used.code.clone(),
        secret.trim_start_matches("whsec_").to_owned(),
        world.otto.code(scrip, &shelf.reserved.coupon).await,
        secret,
    ]
}

/// Codes that count and codes that do not, so that operations get as far as to what they keep secret themselves.
async fn use_codes(world: &World, secrets: &[String]) {
    let (scrip, shelf) = (&world.scrip, world.shelf());
    let codes: Vec<&str> = vec![&secrets[0], &secrets[1]];
    world.server.check_codes(scrip, &codes, &order(5_000)).await.expect(200);
    for code in &codes {
        for _ in 0..2 {
            world.olga.verify(scrip, STORE, code).await.expect(201);
        }
    }
    let confirmation = confirmed(scrip, &shelf.key, &[&secrets[3]], 5_000).await;
    scrip.followed_up(&confirmation).await;
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret() {
    let trace = Trace::begin();
    let world = World::start().await;
    let secrets = secrets(&world).await;
    use_secrets(&world).await;
    let cases = cases(&world).await;
    feed_and_look(&world, &cases.iter().collect::<Vec<_>>(), &secrets, &trace).await;
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_code_or_key_of_coupons() {
    let trace = Trace::begin();
    let world = World::with_coupons().await;
    let secrets = secrets_of_coupons(&world).await;
    use_codes(&world, &secrets).await;
    let before = World::start().await;
    let before: BTreeSet<_> = cases(&before).await.into_iter().map(|case| case.operation).collect();
    let cases = cases(&world).await;
    let cases: Vec<_> = cases.iter().filter(|case| !before.contains(&case.operation)).collect();
    feed_and_look(&world, &cases, &secrets, &trace).await;
}

/// Feeds secrets to operations, and looks for them in the log and in what is traced.
async fn feed_and_look(world: &World, cases: &[&Case], secrets: &[String], trace: &Trace) {
    // A deployed stack is fed the two that are easiest to take for something else.
    let fed = if world.scrip.is_deployed() { 2 } else { secrets.len() };
    for case in cases {
        for secret in &secrets[..fed] {
            feed(world, case, secret).await;
        }
    }

    let lines = log(world).await;
    assert!(lines.len() > cases.len() * fed, "there is a line for each invocation");
    let traced = trace.lines();
    let requests = traced.iter().filter(|line| line["action"] == "TransactWriteItems").count();
    assert!(world.scrip.is_deployed() || requests > cases.len(), "requests are traced: {requests}");
    for line in lines.iter().chain(&traced) {
        // Among the digits of ids and times six may stand by chance.
        let texts = line.as_object().expect("a line").iter();
        let texts = texts.filter(|(name, _)| !CHANCE.contains(&name.as_str()));
        for (name, text) in texts.filter_map(|(name, value)| Some((name, value.as_str()?))) {
            for secret in secrets {
                // Of a token, the part that is no header.
                let secret = &secret[secret.len().saturating_sub(80)..];
                assert!(!text.contains(secret), "{name}: {text}");
            }
            assert!(!text.contains("argon2"), "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn no_problem_repeats_a_secret() {
    let world = World::start().await;
    let body = json!({ "verification_request": world.request, "method": "pin", "pin": 493_817 });
    let path = world.awaiting.path("/verifications");
    let answers = [
        world.scrip.post(&world.alice, &path, &body).await,
        world.awaiting.verify(&world.scrip, &world.alice, &world.request, "493818").await,
        world.scrip.post(&world.alice, "/v1/transfers", &transfer(&world.account, CARD_NUMBER, 1)).await,
        world.scrip.post(&world.alice, "/v1/accounts", &json!({ "currency": PIN })).await,
        world
            .scrip
            .post(
                &world.terminal,
                &world.open.path("/items"),
                &json!({ "presentation_code": 93_817_493, "items": [] }),
            )
            .await,
    ];
    for answer in answers {
        assert!(answer.status >= 400);
        let body = answer.body.to_string();
        for secret in ["493817", "493818", "93817493", CARD_NUMBER] {
            assert!(!body.contains(secret), "{body}");
        }
    }
}
