use super::bench::{Probe, TEMPLATE, hours, options, put, start, start_error};
use crate::{Platform, StartError};
use scrip_sam::Templates;
use serde_json::json;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let running = start(Probe::new(), Some(&data)).await;
    put(&running.dynamodb(), &running.table(), "kept").await;
    let at = running.clock().now() + hours(30);
    running.engine().start("alarm", Some("a"), &json!({ "name": "a", "at": at.to_string() })).unwrap();
    running.advance(hours(20)).await.unwrap();
    let (now, token) =
        (running.clock().now(), running.post("/local/tokens", &json!({ "user": "u" })).await.1);
    let (_, keys) = running.get("/local/issuer/jwks.json", None).await;
    assert!(token["token"].is_string());
    running.shutdown().await;

    let probe = Probe::new();
    let running = start(probe, Some(&data)).await;
    assert!(running.clock().now() >= now);
    assert_eq!(running.get("/local/issuer/jwks.json", None).await.1, keys);
    let scan = running.dynamodb().scan().table_name(running.table()).send().await.unwrap();
    assert_eq!(scan.count, 1);
    running.advance(hours(11)).await.unwrap();
    assert_eq!(probe.rings.lock().unwrap().len(), 1);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_or_directory_in_use_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let running = start(Probe::new(), Some(&data)).await;
    let mut other = options(Probe::new(), None);
    other.port = running.address().port();
    let error = start_error(other).await;
    assert!(matches!(error, StartError::Port { .. }));
    assert!(error.to_string().contains("is in use"), "{error}");
    let error = start_error(options(Probe::new(), Some(&data))).await;
    assert!(matches!(error, StartError::DataInUse(_)), "{error}");
    running.shutdown().await;
    Platform::start(options(Probe::new(), Some(&data))).await.unwrap().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_another_kind_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("version"), "99\n").unwrap();
    let error = start_error(options(Probe::new(), Some(directory.path()))).await;
    assert!(matches!(error, StartError::DataNewer { found: 99, .. }), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    let data = directory.path().join("data");
    start(Probe::new(), Some(&data)).await.shutdown().await;
    let mut changed = options(Probe::new(), Some(&data));
    let template = TEMPLATE.replace(
        "KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]",
        "KeySchema: [{ AttributeName: sk, KeyType: HASH }, { AttributeName: pk, KeyType: RANGE }]",
    );
    changed.source.templates = Templates::alone(&template);
    let error = start_error(changed).await;
    assert!(error.to_string().contains("other keys than the template"), "{error}");

    fs::write(data.join("store.db"), "this is no database, however long it may be").unwrap();
    let error = start_error(options(Probe::new(), Some(&data))).await;
    assert!(matches!(error, StartError::Data { .. }), "{error}");
    assert!(error.to_string().contains("store.db"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_new_in_the_template_is_added() {
    let directory = tempfile::tempdir().unwrap();
    let mut older = options(Probe::new(), Some(directory.path()));
    let (before, index) = TEMPLATE.split_once("      GlobalSecondaryIndexes:\n").unwrap();
    let (_, after) = index.split_once("      StreamSpecification").unwrap();
    let template = format!("{before}      StreamSpecification{after}");
    let template = template.replace("        - { AttributeName: owner, AttributeType: S }\n", "");
    older.source.templates = Templates::alone(&template);
    let running = Platform::start(older).await.unwrap();
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = running.dynamodb().put_item().table_name(running.table());
    put.item("pk", text("a")).item("sk", text("-")).item("owner", text("o")).send().await.unwrap();
    running.shutdown().await;

    let running = start(Probe::new(), Some(directory.path())).await;
    let query = running.dynamodb().query().table_name(running.table()).index_name("by-owner");
    let query = query.key_condition_expression("#o = :o").expression_attribute_names("#o", "owner");
    assert_eq!(query.expression_attribute_values(":o", text("o")).send().await.unwrap().count, 1);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_go_together_is_told() {
    let mut without = options(Probe::new(), None);
    without.operations.retain(|operation| operation.name != "ring");
    let error = start_error(without).await.to_string();
    assert!(error.contains("Ring: no operation of the catalog is named ring"), "{error}");
    let mut without = options(Probe::new(), None);
    without.operations.retain(|operation| operation.name != "crash");
    let error = start_error(without).await.to_string();
    assert!(error.contains("no operation is crash"), "{error}");
}
