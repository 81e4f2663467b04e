//! What must not be written down: PINs, codes, tokens, keys, card numbers.

use crate::api::world::{CARD_NUMBER, PIN, World, addition, tea, transfer};
use scrip_tests::Caller;
use serde_json::json;

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it reads the log in memory")]
async fn no_line_of_the_log_holds_a_secret() {
    let world = World::start().await;
    let code = world.open.code(&world.scrip).await;
    let items = addition(&world.scrip, &world.open, json!([tea(1, 1)])).await;
    world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(201);
    world.scrip.post(&world.terminal, &world.open.path("/items"), &items).await.expect(422);
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, "271828").await.expect(422);
    world.awaiting.verify(&world.scrip, &world.alice, &world.request, PIN).await.expect(200);
    let mut order = transfer(&world.account, CARD_NUMBER, 1);
    world.scrip.post(&world.alice, "/v1/transfers", &order).await.expect(400);
    order = transfer(&world.account, &world.mallorys, 1);
    order["reference"] = json!(CARD_NUMBER);
    world.scrip.post(&world.alice, "/v1/transfers", &order).await.expect(400);
    world.scrip.get(&world.alice, "/v1/accounts/4111111111111111").await.expect(404);
    let now = world.scrip.now().await;
    let devices_token = world.terminal.token(b"", now);
    let refused =
        world.scrip.raw(reqwest::Method::GET, "/v1/bills", &[("authorization", "Bearer a.b.c")], Vec::new());
    refused.await.expect(401);

    let log: Vec<String> = world.scrip.log().lines().iter().map(ToString::to_string).collect();
    assert!(log.len() > 30, "there is a line for each invocation");
    let key = world.open.key.to_base64url();
    for secret in [
        PIN,
        "271828",
        &code,
        &world.alice.token,
        &devices_token[..40],
        &key,
        CARD_NUMBER,
        "4111111111111111",
        "argon2",
        "a.b.c",
    ] {
        // Line by line, and not in the numbers, among which six digits may stand by chance.
        for line in &log {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let texts = line
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| !["request_id", "time"].contains(&name.as_str()));
            for (name, text) in texts.filter_map(|(name, value)| Some((name, value.as_str()?))) {
                assert!(!text.contains(secret), "{name}: {text}");
            }
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
