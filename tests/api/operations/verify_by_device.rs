//! `verify-bill` with a signature.

use crate::api::world::{NOBODY, World, public_key};
use scrip_identity::{Algorithm, SigningKey};
use scrip_test_support::{Answer, User};
use serde_json::json;

async fn register(world: &World, user: &User, algorithm: Algorithm) -> (String, SigningKey) {
    let (key, public_key) = public_key(algorithm);
    let request = json!({ "name": "Phone", "public_key": public_key });
    (world.scrip.post(user, "/v1/me/devices", &request).await.expect(201).text("id"), key)
}

async fn verify(world: &World, request: &str, device: &str, signature: &str) -> Answer {
    let body = json!({
        "verification_request": request, "method": "device", "device": device, "signature": signature,
    });
    world.scrip.post(&world.alice, &world.open.path("/verifications"), &body).await
}

#[tokio::test]
async fn a_signature_of_ones_own_device_settles_the_bill() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let world = World::start().await;
        let (device, key) = register(&world, &world.alice, algorithm).await;
        let asked = world.open.ask(&world.scrip, &world.alice).await.expect(201);
        let signature = key.sign(asked.text("challenge").as_bytes());
        let settled = verify(&world, &asked.text("id"), &device, &signature).await.expect(200);
        assert_eq!(settled.body["status"], "settled");
        assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000 - 600);
    }
}

#[tokio::test]
async fn other_signatures_cost_an_attempt_each() {
    let world = World::start().await;
    let (device, key) = register(&world, &world.alice, Algorithm::EdDsa).await;
    let (mallorys, mallorys_key) = register(&world, &world.mallory, Algorithm::EdDsa).await;
    let earlier = world.open.ask(&world.scrip, &world.alice).await.expect(201).text("challenge");
    let asked = world.open.ask(&world.scrip, &world.alice).await.expect(201);
    let (request, challenge) = (asked.text("id"), asked.text("challenge"));
    let unknown = format!("dev_{NOBODY}");
    for (left, device, signature) in [
        // Somebody else's device, known to be good.
        (2, mallorys.as_str(), mallorys_key.sign(challenge.as_bytes())),
        // One's own device, for what was asked before.
        (1, device.as_str(), key.sign(earlier.as_bytes())),
        // No device.
        (0, unknown.as_str(), key.sign(challenge.as_bytes())),
    ] {
        let wrong = verify(&world, &request, device, &signature).await;
        let wrong = wrong.refused("verify-bill", 422, "verification-failed");
        assert_eq!(wrong.body["attempts_left"], left);
    }
    let answer = verify(&world, &request, &device, &key.sign(challenge.as_bytes())).await;
    assert_eq!(
        answer.refused("verify-bill", 409, "bill-not-awaiting-verification").body["current"],
        "locked"
    );
    assert_eq!(world.scrip.balance(&world.alice, &world.account).await, 99_000);
}

#[tokio::test]
async fn what_is_no_signature_is_a_wrong_one() {
    let world = World::start().await;
    let (device, key) = register(&world, &world.alice, Algorithm::Es256).await;
    let asked = world.open.ask(&world.scrip, &world.alice).await.expect(201);
    let right = key.sign(asked.text("challenge").as_bytes());
    verify(&world, &asked.text("id"), &device, "AAAA").await.refused(
        "verify-bill",
        422,
        "verification-failed",
    );
    let flipped = format!("{}{}", if right.starts_with('A') { "B" } else { "A" }, &right[1..]);
    verify(&world, &asked.text("id"), &device, &flipped).await.refused(
        "verify-bill",
        422,
        "verification-failed",
    );
    verify(&world, &asked.text("id"), &device, &right).await.expect(200);
}
