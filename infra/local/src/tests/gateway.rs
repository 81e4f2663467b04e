use super::bench::{Probe, hours, start};
use crate::Running;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

fn code(body: &Value) -> &str {
    assert!(body["request_id"].is_string(), "{body}");
    assert_eq!(body["type"], format!("urn:scrip:problem:{}", body["code"].as_str().unwrap()));
    body["code"].as_str().unwrap()
}

/// Sends bytes over a connection of its own and reads until the server closes it.
async fn raw(running: &Running, request: Vec<u8>) -> String {
    let address = running.address();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_come_before_methods_and_both_before_callers() {
    let running = start(Probe::new(), None).await;
    for path in [
        "/",
        "/v1",
        "/v1/nothing",
        "/v1/things/a/b",
        "/v1/things/",
        "/v10/things",
        "/local",
        "/v1/things/%zz",
    ] {
        let (status, body) = running.get(path, None).await;
        assert_eq!((status, code(&body)), (404, "route-not-found"), "{path}");
    }
    let (status, headers, body) = running.request("DELETE", "/v1/things", None, "").await;
    assert_eq!((status, code(&body)), (405, "method-not-allowed"));
    assert_eq!(headers["allow"], "POST");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["x-request-id"], body["request_id"].as_str().unwrap());
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn path_and_query_parameters_are_decoded() {
    let running = start(Probe::new(), None).await;
    let (status, body) = running.get("/v1/things/a%2Fb%20%E5%8C%85?q=1&q=x+%26", Some("alice")).await;
    assert_eq!(status, 200);
    assert_eq!(body, json!({ "thing": "a/b 包", "q": "x &", "user": "alice" }));
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_above_the_bound_are_refused() {
    let running = start(Probe::new(), None).await;
    let most = json!("a".repeat(64 * 1_024 - 2)).to_string();
    let (status, _, body) = running.request("POST", "/v1/things", Some("alice"), most.clone()).await;
    assert_eq!((status, body.to_string().len()), (201, 64 * 1_024));
    let (status, _, body) = running.request("POST", "/v1/things", Some("alice"), format!("{most} ")).await;
    assert_eq!((status, code(&body)), (413, "body-too-large"));

    // Nothing of a body is awaited that says it is too large, and a chunked one is read up to the bound.
    let head = "POST /v1/things HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer alice\r\n";
    let answer = raw(&running, format!("{head}content-length: 70000\r\n\r\n").into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close"), "{answer}");
    let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000)).repeat(5);
    let answer = raw(&running, format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}").into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let answer = raw(&running, format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n").into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("connection: close"), "{answer}");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_many_requests() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let request = "GET /v1/things/a HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer alice\r\n";
    let both = format!("{request}\r\n{request}connection: close\r\n\r\n");
    let answer = raw(&running, both.into_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_prove_who_they_are() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let (status, headers, body) = running.request("GET", "/v1/things/a", None, "").await;
    assert_eq!((status, code(&body)), (401, "unauthenticated"));
    assert_eq!(headers["www-authenticate"], "Bearer");
    assert_eq!(probe.authorizations(), 0, "a request without the header is refused unasked");
    for (token, expected) in [
        ("nobody", (401, "unauthenticated")),
        ("mallory", (403, "wrong-role")),
        ("broken", (500, "internal")),
    ] {
        let (status, body) = running.get("/v1/things/a", Some(token)).await;
        assert_eq!((status, code(&body)), expected, "{token}");
    }
    let (_, body) = running.get("/v1/things/a", Some("broken")).await;
    let lines = probe.lines.lock().unwrap().clone();
    let line = lines.iter().find(|line| line["request_id"] == body["request_id"]).unwrap();
    assert!(line["detail"].as_str().unwrap().contains("no keys"), "{line}");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorizer_is_asked_once_a_minute() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    for _ in 0..3 {
        assert_eq!(running.get("/v1/things/a", Some("alice")).await.0, 200);
        assert_eq!(running.get("/v1/things/b", Some("mallory")).await.0, 403);
    }
    assert_eq!(probe.authorizations(), 2);
    for _ in 0..2 {
        assert_eq!(running.get("/v1/things/a", Some("nobody")).await.0, 401);
    }
    assert_eq!(probe.authorizations(), 4, "what failed is not kept");
    running.advance(hours(1)).await.unwrap();
    assert_eq!(running.get("/v1/things/a", Some("alice")).await.0, 200);
    assert_eq!(probe.authorizations(), 5);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_one_requests_fault() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let (status, body) = running.get("/v1/crash", Some("alice")).await;
    assert_eq!((status, code(&body)), (500, "internal"));
    assert!(!body.to_string().contains("of all things"));
    let lines = probe.lines.lock().unwrap().clone();
    let line = lines.iter().find(|line| line["request_id"] == body["request_id"]).unwrap();
    assert!(line["detail"].as_str().unwrap().contains("of all things"), "{line}");
    assert_eq!(running.get("/v1/things/a", Some("alice")).await.0, 200);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_answered_before_the_end() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let url = format!("{}/v1/hold", running.base_url());
    let client = reqwest::Client::new();
    let request = tokio::spawn(client.get(&url).bearer_auth("alice").send());
    probe.held.notified().await;
    let stopping = tokio::spawn(running.shutdown());
    // A connection is refused once the server has begun to stop.
    while reqwest::Client::new().get(&url).send().await.is_ok() {}
    assert!(!stopping.is_finished());
    probe.released.notify_one();
    assert_eq!(request.await.unwrap().unwrap().status(), 204);
    stopping.await.unwrap();
}

/// Time is the runtime's here: where nobody sends anything more, it jumps to the end of the server's patience.
#[tokio::test]
async fn a_client_that_dawdles_is_let_go() {
    let running = start(Probe::new(), None).await;
    tokio::time::pause();
    let head = "POST /v1/things HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer alice\r\n";
    for (sent, told) in [(head.to_owned(), None), (format!("{head}content-length: 9\r\n\r\n{{"), Some(400))] {
        let mut stream = TcpStream::connect(running.address()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
        let mut answer = Vec::new();
        loop {
            stream.readable().await.unwrap();
            match stream.try_read_buf(&mut answer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
        let answer = String::from_utf8(answer).unwrap();
        match told {
            None => assert_eq!(answer, ""),
            Some(status) => assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}"),
        }
    }
    tokio::time::resume();
    running.shutdown().await;
}
