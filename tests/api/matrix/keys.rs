//! Idempotency keys.

use super::cases;
use crate::api::world::World;
use scrip_test_support::fresh_key;

#[tokio::test]
async fn what_creates_something_wants_a_key() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let long = "k".repeat(256);
    let bad = ["", "\"\"", "two words", "\t", long.as_str()];
    for case in cases(&world).await.into_iter().filter(super::Case::creates) {
        let who = world.who(case.caller);
        let send =
            async |key| world.scrip.send(case.method.clone(), &who, &case.path(), key, case.bytes()).await;
        send(None).await.refused(&case.operation, 400, "idempotency-key-missing");
        for key in bad {
            send(Some(key)).await.refused(&case.operation, 400, "idempotency-key-invalid");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_and_changes_nothing() {
    let world = World::with_coupons().await;
    // What only calculates writes nothing, so that a repeated request is calculated again.
    let keeps = |case: &super::Case| case.creates() && case.described().budget.write_units > 0;
    for case in cases(&world).await.into_iter().filter(keeps) {
        let (who, path) = (world.who(case.caller), case.path());
        let longest = format!("{}{}", fresh_key(), "k".repeat(255))[..255].to_owned();
        let send =
            async |key: &str, body| world.scrip.send(case.method.clone(), &who, &path, Some(key), body).await;
        let first = send(&longest, case.bytes()).await;
        assert!((200..300).contains(&first.status) && !first.is_replay(), "{first:#?}");
        let after_first = world.state().await;

        // The same in other words: a quoted key, and a body with blanks.
        let spaced =
            if case.body.is_null() { b" { } ".to_vec() } else { format!("{:#}", case.body).into_bytes() };
        for (key, body) in [(longest.clone(), case.bytes()), (format!("\"{longest}\""), spaced)] {
            let again = send(&key, body).await;
            assert!(again.is_replay(), "{}: {again:#?}", case.operation);
            assert_eq!((again.status, &again.body), (first.status, &first.body), "{}", case.operation);
        }
        if !case.other.is_null() {
            let other = send(&longest, case.other.to_string().into_bytes()).await;
            other.refused(&case.operation, 422, "idempotency-key-reused");
        }
        assert_eq!(world.state().await, after_first, "{}", case.operation);
    }
}

#[tokio::test]
async fn keys_of_different_callers_do_not_meet() {
    let world = World::start().await;
    let body = serde_json::json!({ "currency": "CNY" });
    let path = "/v1/accounts";
    let first = world.scrip.post_keyed(&world.alice, path, "the same", &body).await;
    first.refused("open-account", 400, "idempotency-key-invalid");
    let mut ids = Vec::new();
    for user in [&world.alice, &world.mallory] {
        let answer = world.scrip.post_keyed(user, path, "the-same", &body).await.expect(201);
        assert!(!answer.is_replay());
        ids.push(answer.text("id"));
    }
    assert_ne!(ids[0], ids[1]);
    // Nor do those of different operations.
    let merchant = serde_json::json!({ "name": "Bakery", "currency": "CNY" });
    let created =
        world.scrip.post_keyed(&world.alice, "/v1/merchants", "the-same", &merchant).await.expect(201);
    assert!(!created.is_replay());
}
