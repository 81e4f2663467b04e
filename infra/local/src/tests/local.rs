use super::bench::{Probe, start};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_signed_by_a_published_key() {
    let running = start(Probe::new(), None).await;
    let (status, body) =
        running.post("/local/tokens", &json!({ "user": "alice", "scope": "treasury" })).await;
    assert_eq!(status, 200);
    assert_eq!(body["token"].as_str().unwrap().split('.').count(), 3);
    let (_, keys) = running.get("/local/issuer/jwks.json", None).await;
    assert!(keys["keys"][0]["x"].is_string() && keys["keys"][0]["d"].is_null(), "{keys}");
    for (request, pointer) in [
        (json!({ "user": "a b" }), "/user"),
        (json!({}), "/user"),
        (json!({ "user": "a", "admin": true }), "/admin"),
    ] {
        let (status, body) = running.post("/local/tokens", &request).await;
        assert_eq!((status, &body["errors"][0]["pointer"]), (400, &json!(pointer)), "{request}");
    }
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_goes_forward_alone() {
    let running = start(Probe::new(), None).await;
    let before = running.clock().now();
    let (status, body) = running.post("/local/clock", &json!({ "advance": "PT15M" })).await;
    assert_eq!(status, 200);
    let now: scrip_clock::Timestamp = body["now"].as_str().unwrap().parse().unwrap();
    assert!(now.duration_since(before).as_mins() >= 15);
    for period in ["-PT1M", "PT0S", "P367D", "soon"] {
        let (status, body) = running.post("/local/clock", &json!({ "advance": period })).await;
        assert_eq!((status, &body["errors"][0]["pointer"]), (400, &json!("/advance")), "{period}");
    }
    let (_, body) = running.get("/local/clock", None).await;
    assert!(body["now"].as_str().unwrap().parse::<scrip_clock::Timestamp>().unwrap() >= now);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_queues_and_executions_are_told() {
    let running = start(Probe::new(), None).await;
    for path in ["/health", "/local/health"] {
        let (status, body) = running.get(path, None).await;
        assert_eq!((status, &body["status"]), (200, &json!("ok")));
    }
    let (status, body) = running.get("/local/queues", None).await;
    assert_eq!((status, body["items"].as_array().unwrap().len()), (200, 3));
    let (status, body) = running.get("/local/executions?machine=alarm&state=x", None).await;
    assert_eq!((status, &body["errors"][0]["pointer"]), (400, &json!("/state")));
    let (status, headers, _) = running.request("PUT", "/local/clock", None, "").await;
    assert_eq!((status, headers["allow"].to_str().unwrap()), (405, "GET, POST"));
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_for_this_machine_is_not_answered() {
    let running = start(Probe::new(), None).await;
    let url = format!("{}/local/tokens", running.base_url());
    for (header, value, status) in [
        ("host", "evil.example", 404),
        ("origin", "https://evil.example", 404),
        ("origin", "null", 404),
        ("host", "localhost:9400", 200),
        ("origin", "http://localhost:3000", 200),
    ] {
        let request = reqwest::Client::new().post(&url).header(header, value).body(r#"{"user":"alice"}"#);
        assert_eq!(request.send().await.unwrap().status(), status, "{header}: {value}");
    }
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_described() {
    let running = start(Probe::new(), None).await;
    let (_, document) = running.get("/openapi.json", None).await;
    assert_eq!(document["openapi"], "3.1.0");
    let show = &document["paths"]["/things/{thing}"]["get"];
    assert_eq!(show["operationId"], "show");
    assert_eq!(show["parameters"][0]["name"], "thing");
    assert!(show["responses"]["404"]["description"].as_str().unwrap().contains("not-found"));
    let make = &document["paths"]["/things"]["post"];
    assert_eq!(make["parameters"][0]["$ref"], "#/components/parameters/IdempotencyKey");
    for status in ["201", "400", "401", "413", "422", "503"] {
        assert!(make["responses"][status].is_object(), "{status}");
    }
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    running.shutdown().await;
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        _ => {}
    }
}
