use crate::api::transcript::Transcript;
use crate::api::world::{World, public_key};
use scrip_identity::Algorithm;
use scrip_test_support::Terminal;
use serde_json::json;

fn path(world: &World) -> String {
    format!("/v1/merchants/{}/devices", world.shop.id)
}

#[tokio::test]
async fn devices_of_each_kind_prove_themselves_with_their_keys() {
    let world = World::start().await;
    let mut told = Transcript::default();
    for (kind, algorithm) in
        [("terminal", Algorithm::EdDsa), ("pos", Algorithm::Es256), ("server", Algorithm::Es256)]
    {
        let (key, public_key) = public_key(algorithm);
        let request =
            json!({ "kind": kind, "name": "Counter 1", "store": "s-1_A", "public_key": public_key });
        let registered = world.scrip.post(&world.shop.owner, &path(&world), &request).await.expect(201);
        told.note(kind, &registered);
        assert_eq!(registered.body["public_key"], public_key);
        let device = Terminal { id: registered.text("id"), key };
        // A server reads the merchant's account; the others are known, and read none.
        let account = world.scrip.get(&device, &format!("/v1/accounts/{}", world.shop.account)).await;
        account.expect(if kind == "server" { 200 } else { 404 });
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn kinds_and_stores_are_known_words() {
    let world = World::start().await;
    let (_, public_key) = public_key(Algorithm::EdDsa);
    let good = json!({ "kind": "pos", "name": "Till", "store": "s".repeat(32), "public_key": public_key });
    let send = async |field: &str, value: &str| {
        let mut request = good.clone();
        request[field] = json!(value);
        world.scrip.post(&world.shop.owner, &path(&world), &request).await
    };
    send("kind", "pos").await.expect(201);
    for kind in ["POS", "phone", ""] {
        send("kind", kind).await.refused_field("register-merchant-device", "/kind", "invalid-field");
    }
    for store in ["", "a b", "s#1", &"s".repeat(33)] {
        send("store", store).await.refused_field("register-merchant-device", "/store", "invalid-field");
    }
}

#[tokio::test]
async fn a_users_phone_is_no_merchants_device() {
    let world = World::start().await;
    let (key, public_key) = public_key(Algorithm::EdDsa);
    let request = json!({ "name": "Phone", "public_key": public_key });
    let id = world.scrip.post(&world.alice, "/v1/me/devices", &request).await.expect(201).text("id");
    let phone = Terminal { id, key };
    world.scrip.get(&phone, &world.open.path("")).await.refused("get-bill", 401, "unauthenticated");
}
