//! The tokens that devices sign themselves.

use crate::api::world::{NOBODY, World, addition, tea};
use reqwest::Method;
use scrip_identity::{Algorithm, SigningKey, body_sha256};
use scrip_test_support::{Answer, fresh_key};
use serde_json::{Value, json};

async fn claims(world: &World, body: &[u8], changed: Value) -> Value {
    let now = world.scrip.now().await.as_second();
    let id = &world.terminal.id;
    let mut claims =
        json!({ "iss": id, "aud": "scrip", "iat": now, "exp": now + 60, "body_sha256": body_sha256(body) });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

async fn get(world: &World, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    world.scrip.raw(Method::GET, &world.open.path(""), &[("authorization", &bearer)], Vec::new()).await
}

async fn with(world: &World, changed: Value) -> Answer {
    let claims = claims(world, b"", changed).await;
    get(world, &world.terminal.key.sign_jwt(&world.terminal.id, &claims)).await
}

async fn post(world: &World, signed_for: &[u8], sent: &[u8]) -> Answer {
    let claims = claims(world, signed_for, json!({})).await;
    let bearer = format!("Bearer {}", world.terminal.key.sign_jwt(&world.terminal.id, &claims));
    let (key, path) = (fresh_key(), world.open.path("/items"));
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
    world.scrip.raw(Method::POST, &path, &headers, sent.to_vec()).await
}

#[tokio::test]
async fn a_token_holds_for_exactly_one_body() {
    let world = World::start().await;
    let body = addition(&world.scrip, &world.open, json!([tea(1, 100)])).await.to_string().into_bytes();
    let dearer = addition(&world.scrip, &world.open, json!([tea(9, 100)])).await.to_string().into_bytes();
    let spaced = [body.as_slice(), b" "].concat();
    let before = world.state().await;
    for signed_for in [b"".as_slice(), b"{}", &dearer, &spaced] {
        post(&world, signed_for, &body).await.refused("add-items", 401, "body-hash-mismatch");
    }
    assert_eq!(world.state().await, before);
    // A token that was kept from before does not let another body through.
    post(&world, &body, &dearer).await.refused("add-items", 401, "body-hash-mismatch");
    post(&world, &body, &body).await.expect(201);
    post(&world, &body, b"").await.refused("add-items", 401, "body-hash-mismatch");
    // To read something is to send no body.
    with(&world, json!({ "body_sha256": body_sha256(b"{}") })).await.refused(
        "get-bill",
        401,
        "body-hash-mismatch",
    );
}

#[tokio::test]
async fn a_device_token_holds_for_a_minute_at_most() {
    let world = World::start().await;
    let now = world.scrip.now().await.as_second();
    for (issued, expires) in [(now, now + 60), (now - 30, now + 30), (now, now + 20), (now + 20, now + 80)] {
        with(&world, json!({ "iat": issued, "exp": expires })).await.expect(200);
    }
    for (issued, expires) in [
        // For longer than a minute.
        (now, now + 61),
        (now - 3_600, now + 30),
        // For no time.
        (now, now),
        (now + 10, now + 5),
        // Over, and not begun by more than clocks may differ.
        (now - 60, now),
        (now - 90, now - 30),
        (now + 60, now + 120),
    ] {
        let answer = with(&world, json!({ "iat": issued, "exp": expires })).await;
        answer.refused("get-bill", 401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_device_token_that_is_over_proves_nothing() {
    let world = World::start().await;
    let claims = claims(&world, b"", json!({})).await;
    let token = world.terminal.key.sign_jwt(&world.terminal.id, &claims);
    get(&world, &token).await.expect(200);
    world.scrip.advance("PT30S").await;
    get(&world, &token).await.expect(200);
    world.scrip.advance("PT31S").await;
    get(&world, &token).await.refused("get-bill", 401, "unauthenticated");
}

#[tokio::test]
async fn claims_of_another_kind_prove_nothing() {
    let world = World::start().await;
    let nobody = format!("dev_{NOBODY}");
    for changed in [
        json!({ "aud": "other" }),
        json!({ "aud": ["scrip"] }),
        json!({ "aud": null }),
        json!({ "iss": world.pos.id }),
        json!({ "iss": nobody }),
        json!({ "iss": null }),
        json!({ "iat": null }),
        json!({ "exp": null }),
        json!({ "body_sha256": null }),
        json!({ "body_sha256": "" }),
        json!({ "body_sha256": format!("{}=", body_sha256(b"")) }),
    ] {
        with(&world, changed).await.refused("get-bill", 401, "unauthenticated");
    }
}

#[tokio::test]
async fn only_the_registered_key_speaks_for_a_device() {
    let world = World::start().await;
    let good = claims(&world, b"", json!({})).await;
    let own = &world.terminal.key;
    let tokens = [
        SigningKey::generate(Algorithm::EdDsa).sign_jwt(&world.terminal.id, &good),
        SigningKey::generate(Algorithm::Es256).sign_jwt(&world.terminal.id, &good),
        // Another device's key, under this one's name and under its own.
        world.other_terminal.key.sign_jwt(&world.terminal.id, &good),
        world.other_terminal.key.sign_jwt(&world.other_terminal.id, &good),
        own.sign_jwt(&world.other_terminal.id, &good),
        own.sign_jwt(
            &format!("dev_{NOBODY}"),
            &claims(&world, b"", json!({ "iss": format!("dev_{NOBODY}") })).await,
        ),
        own.sign_jwt("development", &good),
    ];
    for token in tokens {
        get(&world, &token).await.refused("get-bill", 401, "unauthenticated");
    }
    // A device signs no user's token.
    let now = world.scrip.now().await.as_second();
    let users = json!({ "iss": world.scrip.issuer().url, "aud": "scrip", "sub": "alice", "iat": now, "exp": now + 60 });
    get(&world, &own.sign_jwt(&world.terminal.id, &users)).await.refused("get-bill", 401, "unauthenticated");
    get(&world, &own.sign_jwt(&world.terminal.id, &good)).await.expect(200);
}
