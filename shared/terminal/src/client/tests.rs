use super::*;
use crate::script::{Script, answer, header, lost, offline, problem, retry_after};
use serde_json::{Value, json};

async fn post(script: &Script) -> Result<Answer<Value>, CallError> {
    script.client().post("/v1/things", "key-1", &json!({ "a": 1 })).await
}

#[tokio::test]
async fn the_same_request_is_sent_until_it_is_answered() {
    let script = Script::of([
        lost(),
        problem(503, "busy"),
        Ok(Response { status: 200, headers: Vec::new(), body: b"<html>log in</html>".to_vec() }),
        answer(201, json!({ "id": "x" })),
    ]);

    assert_eq!(post(&script).await.unwrap().value, json!({ "id": "x" }));

    let seen = script.seen();
    assert_eq!(seen.len(), 4);
    for request in &seen {
        assert_eq!(header(request, "idempotency-key"), Some("key-1"));
        assert_eq!(request.body, seen[0].body);
    }
    let milliseconds: Vec<_> = script.waits().iter().map(jiff::SignedDuration::as_millis).collect();
    for (wait, full) in milliseconds.iter().zip([250, 500, 1_000]) {
        assert!((full / 2..=full).contains(wait), "{milliseconds:?}");
    }
}

#[tokio::test]
async fn each_attempt_has_a_token_of_its_moment() {
    // The script verifies each token at its own time, 70 seconds later than the one before.
    let script = Script::of([retry_after(70, problem(503, "busy")), answer(200, json!({}))]);
    let retries = Retries { longest_milliseconds: 100_000, ..Retries::default() };
    let client = script.client().with_retries(retries);

    client.get::<Value>("/v1/things").await.unwrap();

    assert!(script.waits()[0].as_secs() == 70);
}

#[tokio::test]
async fn a_refusal_is_final_and_told() {
    let script = Script::of([problem(422, "insufficient-funds")]);
    let error = post(&script).await.unwrap_err();
    assert_eq!(error.refusal("insufficient-funds").unwrap().status, 422);
    assert_eq!(error.to_string(), "insufficient-funds: Do otherwise.");
    assert!(error.refusal("busy").is_none() && script.waits().is_empty());
}

#[tokio::test]
async fn what_happened_is_told_as_surely_as_it_is_known() {
    let five = |line: fn() -> _| Script::of((0..5).map(|_| line()));
    assert!(matches!(post(&five(offline)).await, Err(CallError::Unreachable(_))));
    assert!(matches!(post(&five(lost)).await, Err(CallError::OutcomeUnknown(_))));
    // One attempt that may have arrived is enough for doubt.
    let once = Script::of([offline(), lost(), offline(), offline(), offline()]);
    assert!(matches!(post(&once).await, Err(CallError::OutcomeUnknown(_))));
    // A refusal of the caller is no answer to what an earlier attempt did; one of the request is.
    let doubtful = Script::of([lost(), problem(401, "unauthenticated")]);
    assert!(matches!(post(&doubtful).await, Err(CallError::OutcomeUnknown(_))));
    let certain = Script::of([lost(), problem(422, "insufficient-funds")]);
    assert!(matches!(post(&certain).await, Err(CallError::Refused(_))));
    // Reading changes nothing, so there is nothing to doubt.
    let reading = five(lost);
    assert!(matches!(reading.client().get::<Value>("/v1/x").await, Err(CallError::Unreachable(_))));
}

#[tokio::test]
async fn too_many_requests_are_waited_out_if_it_is_not_long() {
    let script = Script::of([retry_after(2, problem(429, "too-many-requests")), answer(200, json!({}))]);
    post(&script).await.unwrap();
    assert_eq!(script.waits(), [jiff::SignedDuration::from_secs(2)]);

    let locked = Script::of([retry_after(900, problem(429, "too-many-requests"))]);
    assert!(post(&locked).await.unwrap_err().refusal("too-many-requests").is_some());
    assert!(locked.waits().is_empty());
}

#[tokio::test]
async fn a_replay_says_so() {
    let headers = vec![("Idempotent-Replayed".to_owned(), "true".to_owned())];
    let script = Script::of([Ok(Response { status: 201, headers, body: b"{}".to_vec() })]);
    assert!(post(&script).await.unwrap().replayed);
}

#[test]
fn requests_are_shown_without_secrets() {
    let client = Script::of([]).client();
    let shown = format!("{:?}", client.signed(Method::Post, "/v1/things", None, b"4711"));
    assert_eq!(shown, "POST /v1/things");
}
