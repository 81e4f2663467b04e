use crate::api::world::{Who, World};
use serde_json::json;

#[tokio::test]
async fn an_operator_reads_what_the_merchant_is_told() {
    let world = World::start().await;
    let path = format!("/v1/merchants/{}/operators", world.shop.id);
    let notes = format!("/v1/notifications?merchant={}", world.shop.id);
    let pia = world.scrip.user("pia").await;
    world.scrip.get(&pia, &notes).await.refused("list-notifications", 404, "not-found");

    let named =
        world.scrip.post(&world.shop.owner, &path, &json!({ "user": "pia", "stores": ["s1", "s2"] })).await;
    insta::assert_snapshot!(named.snapshot());
    world.scrip.get(&pia, &notes).await.expect(200);
}

#[tokio::test]
async fn naming_again_replaces_the_stores_and_a_late_repetition_brings_none_back() {
    let world = World::start().await;
    let (bob, path) = (&world.shop.owner, format!("/v1/merchants/{}/operators", world.shop.id));
    let [one, two] = [json!({ "user": "pia", "stores": ["s1"] }), json!({ "user": "pia", "stores": ["s2"] })];
    world.scrip.post_keyed(bob, &path, "first", &one).await.expect(201);
    let second = world.scrip.post_keyed(bob, &path, "second", &two).await.expect(201);
    assert_eq!(second.body["stores"], json!(["s2"]));
    let late = world.scrip.post_keyed(bob, &path, "first", &one).await.expect(201);
    assert!(late.is_replay());
    assert_eq!(late.body["stores"], json!(["s1"]));
}

#[tokio::test]
async fn users_and_stores_are_words() {
    let world = World::start().await;
    let path = format!("/v1/merchants/{}/operators", world.shop.id);
    let send = async |user: String, stores: Vec<String>| {
        world.scrip.post(&world.shop.owner, &path, &json!({ "user": user, "stores": stores })).await
    };
    let (store, many) =
        (|| vec!["s1".to_owned()], |count: usize| (0..count).map(|at| format!("s{at}")).collect());
    send("u".repeat(255), store()).await.expect(201);
    send("pia".into(), vec!["s".repeat(32)]).await.expect(201);
    send("pia".into(), many(100)).await.expect(201);
    for user in [String::new(), "u".repeat(256), "a b".into(), "乐".into()] {
        send(user, store()).await.refused_field("name-operator", "/user", "invalid-field");
    }
    for bad in [String::new(), "s".repeat(33), "s/1".into()] {
        let answer = send("pia".into(), vec!["s1".into(), bad]).await;
        answer.refused_field("name-operator", "/stores/1", "invalid-field");
    }
    send("pia".into(), vec!["s1".into(), "s1".into()]).await.refused_field(
        "name-operator",
        "/stores/1",
        "invalid-field",
    );
    send("pia".into(), Vec::new()).await.refused_field("name-operator", "/stores", "out-of-range");
    send("pia".into(), many(101)).await.refused_field("name-operator", "/stores", "too-many");
}

#[tokio::test]
async fn an_operator_does_not_own_the_merchant() {
    let world = World::start().await;
    world.scrip.get(&world.olga, &format!("/v1/accounts/{}", world.shop.account)).await.expect(404);
    let path = format!("/v1/merchants/{}/operators", world.shop.id);
    let request = json!({ "user": "mallory", "stores": ["s1"] });
    world.scrip.post(&world.who(Who::Olga), &path, &request).await.refused(
        "name-operator",
        403,
        "wrong-role",
    );
    let notes = format!("/v1/notifications?merchant={}", world.shop.id);
    world.scrip.get(&world.mallory, &notes).await.refused("list-notifications", 404, "not-found");
}
