use crate::api::transcript::Transcript;
use crate::api::world::public_key;
use scrip_identity::Algorithm;
use scrip_test_support::Scrip;
use serde_json::{Value, json};

const PATH: &str = "/v1/me/devices";

#[tokio::test]
async fn a_user_registers_phones_with_keys_of_both_kinds() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let mut told = Transcript::default();
    for (name, algorithm) in [("Phone", Algorithm::EdDsa), ("Watch", Algorithm::Es256)] {
        let request = json!({ "name": name, "public_key": public_key(algorithm).1 });
        told.note(name, &scrip.post(&alice, PATH, &request).await);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_user_has_at_most_twenty_devices() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let request = json!({ "name": "Phone", "public_key": public_key(Algorithm::EdDsa).1 });
    for at in 0..20 {
        scrip.post_keyed(&alice, PATH, &format!("device-{at}"), &request).await.expect(201);
    }
    scrip.post(&alice, PATH, &request).await.refused("register-device", 422, "limit-exceeded");
    // Neither does a repeated request count, nor does it fail.
    assert!(scrip.post_keyed(&alice, PATH, "device-19", &request).await.expect(201).is_replay());
    scrip.post(&scrip.user("carol").await, PATH, &request).await.expect(201);
}

#[tokio::test]
async fn what_is_no_public_key_is_refused() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let [(_, okp), (_, ec)] = [public_key(Algorithm::EdDsa), public_key(Algorithm::Es256)];
    let with = |key: &Value, name: &str, value: &str| {
        let mut key = key.clone();
        key[name] = json!(value);
        key
    };
    let zeros = "A".repeat(43);
    for key in [
        with(&okp, "crv", "X25519"),
        with(&okp, "kty", "EC"),
        with(&okp, "x", "AAAA"),
        with(&okp, "x", &zeros),
        with(&okp, "x", &format!("{}=", okp["x"].as_str().unwrap())),
        with(&okp, "y", &zeros),
        with(&ec, "crv", "P-384"),
        with(&ec, "y", &zeros),
        // A private key is nothing to send.
        with(&okp, "d", &zeros),
        with(&ec, "d", &zeros),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
    ] {
        let answer = scrip.post(&alice, PATH, &json!({ "name": "Phone", "public_key": key })).await;
        let told = answer.refused("register-device", 400, "invalid-request").body;
        assert!(told["errors"][0]["pointer"].as_str().unwrap().starts_with("/public_key"), "{told}");
    }
}
