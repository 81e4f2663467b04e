//! Bodies that are not what an operation takes.

use super::{Case, cases};
use crate::api::world::World;
use scrip_http::limits::MAX_BODY_BYTES;
use scrip_test_support::{Caller, Contract};
use serde_json::{Value, json};
use std::io::{Read, Write};

const MALFORMED: [&[u8]; 11] = [
    b"{",
    b"{\"a\":1,}",
    b"not JSON",
    b"{} {}",
    b"{\"a\":\"\xff\"}",
    b"{'a':1}",
    b" ",
    b"\xef\xbb\xbf{}",
    b"[1,",
    b"{\"a\":01}",
    b"{\"a\":NaN}",
];

/// Operations that read a body. Those whose description says nothing of it take none but `{}`, where they create
/// something.
fn takes_a_body(contract: &Contract, case: &Case) -> bool {
    contract.request(&case.operation).is_some() || case.creates()
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends hundreds of requests that the handlers alone decide on")]
async fn what_is_not_json_is_refused() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let contract = world.scrip.contract().await;
    let deep = [b"[".repeat(1_000), b"]".repeat(1_000)].concat();
    for case in cases(&world).await.iter().filter(|case| takes_a_body(contract, case)) {
        for body in MALFORMED.iter().copied().chain([deep.as_slice()]) {
            let answer = case.send(&world, case.caller, &case.path(), body.to_vec()).await;
            answer.refused(&case.operation, 400, "malformed-json");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends hundreds of requests that the handlers alone decide on")]
async fn what_is_no_object_is_refused() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let contract = world.scrip.contract().await;
    for case in cases(&world).await.iter().filter(|case| takes_a_body(contract, case)) {
        let mut bodies = vec![json!("x"), json!(7), json!(null), json!(true), json!([]), json!([{}])];
        // The members' values in the order of their declaration are no object either.
        let members = contract.request(&case.operation).map(|schema| &schema["properties"]);
        let members = members.and_then(Value::as_object).into_iter().flatten();
        bodies.push(members.map(|(name, _)| case.body[name].clone()).collect());
        for body in bodies {
            let answer = case.send(&world, case.caller, &case.path(), body.to_string().into_bytes()).await;
            answer.refused(&case.operation, 400, "invalid-request");
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends hundreds of requests that the handlers alone decide on")]
async fn every_field_is_known_there_and_of_its_type() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let contract = world.scrip.contract().await;
    for case in cases(&world).await.iter().filter(|case| takes_a_body(contract, case)) {
        let nothing = json!({ "type": "object", "additionalProperties": false });
        let schema = contract.request(&case.operation).unwrap_or(&nothing);
        let body = if case.body.is_null() { json!({}) } else { case.body.clone() };
        for (changed, pointer, code) in wrong(contract, schema, &body, "") {
            let answer = case.send(&world, case.caller, &case.path(), changed.to_string().into_bytes()).await;
            let told = answer.refused(&case.operation, 400, "invalid-request").body["errors"][0].clone();
            assert_eq!(told["code"], code, "{}: {changed}: {told}", case.operation);
            assert_eq!(told["pointer"], pointer, "{}: {changed}: {told}", case.operation);
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it sends hundreds of requests that the handlers alone decide on")]
async fn objects_inside_a_body_are_objects() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    let contract = world.scrip.contract().await;
    for case in cases(&world).await {
        let Some(schema) = contract.request(&case.operation) else { continue };
        for (name, member) in schema["properties"].as_object().unwrap() {
            let Some(value) = case.body.get(name).and_then(Value::as_object) else { continue };
            // The values in the order in which the description has their names.
            let member = contract.resolved(member);
            let member = member["anyOf"].get(0).map_or(member, |member| contract.resolved(member));
            let names = member["properties"].as_object().unwrap().keys();
            let mut body = case.body.clone();
            body[name] = names.filter_map(|name| value.get(name).cloned()).collect();
            let answer = case.send(&world, case.caller, &case.path(), body.to_string().into_bytes()).await;
            answer.refused_field(&case.operation, &format!("/{name}"), "invalid-field");
        }
    }
    assert_eq!(world.state().await, before);
}

/// Every way to leave out a required member, to add one and to give one another type, at any depth, with what is told.
fn wrong(contract: &Contract, schema: &Value, body: &Value, at: &str) -> Vec<(Value, String, &'static str)> {
    let schema = contract.resolved(schema);
    let schema = schema["anyOf"].get(0).map_or(schema, |schema| contract.resolved(schema));
    let mut wrong = Vec::new();
    if schema["type"] == "array" {
        for (index, element) in body.as_array().into_iter().flatten().enumerate() {
            for (changed, pointer, code) in
                self::wrong(contract, &schema["items"], element, &format!("{at}/{index}"))
            {
                let mut body = body.clone();
                body[index] = changed;
                wrong.push((body, pointer, code));
            }
        }
        return wrong;
    }
    if schema["type"] != "object" {
        return wrong;
    }
    if schema["additionalProperties"] == false {
        let mut more = body.clone();
        more["surprise"] = json!(1);
        wrong.push((more, format!("{at}/surprise"), "unknown-field"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(name);
        wrong.push((less, format!("{at}/{name}"), "missing-field"));
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        // What may be true or false is both without being wrong.
        let types = &contract.resolved(member)["type"];
        let is_truth = types == "boolean" || types[0] == "boolean";
        let others = if is_truth { [json!("x"), json!(1.5)] } else { [json!(true), json!(1.5)] };
        for other in others {
            let mut body = body.clone();
            body[name] = other;
            wrong.push((body, pointer.clone(), "invalid-field"));
        }
        if let Some(value) = body.get(name) {
            for (changed, pointer, code) in self::wrong(contract, member, value, &pointer) {
                let mut body = body.clone();
                body[name] = changed;
                wrong.push((body, pointer, code));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn a_body_has_at_most_64_kibibytes() {
    let world = World::with_coupons().await;
    let before = world.state().await;
    for case in cases(&world).await {
        let answer = case.send(&world, case.caller, &case.path(), vec![b' '; MAX_BODY_BYTES + 1]).await;
        answer.refused(&case.operation, 413, "body-too-large");
    }
    assert_eq!(world.state().await, before);

    let mut body = json!({ "currency": "CNY" }).to_string().into_bytes();
    body.resize(MAX_BODY_BYTES, b' ');
    let key = Some("exactly-as-large-as-allowed");
    world.scrip.send(reqwest::Method::POST, &world.alice, "/v1/accounts", key, body).await.expect(201);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it speaks to the embedded gateway's socket")]
async fn a_body_of_unknown_length_has_at_most_64_kibibytes() {
    let world = World::start().await;
    for (bytes, expected) in
        [(MAX_BODY_BYTES + 1, "413"), (10 * MAX_BODY_BYTES, "413"), (MAX_BODY_BYTES, "201")]
    {
        let mut body = json!({ "currency": "CNY" }).to_string().into_bytes();
        body.resize(bytes, b' ');
        let token = world.alice.token(&body, world.scrip.now().await);
        let address = world.scrip.running().address();
        let status = tokio::task::spawn_blocking(move || chunked(address, &token, &body)).await.unwrap();
        assert_eq!(status, expected, "{bytes}");
    }
}

/// Sends a body in chunks, and gives the status of the answer.
fn chunked(address: std::net::SocketAddr, token: &str, body: &[u8]) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v1/accounts HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nidempotency-key: chunked\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    for chunk in body.chunks(8_192) {
        // Who has read enough may hang up while the rest is sent.
        let sent = write!(stream, "{:x}\r\n", chunk.len()).and_then(|()| stream.write_all(chunk));
        if sent.and_then(|()| stream.write_all(b"\r\n")).is_err() {
            break;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("no answer").to_owned()
}
