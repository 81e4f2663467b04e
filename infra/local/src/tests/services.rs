use super::bench::{Probe, hours, options, put, start};
use crate::{Options, Platform};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use futures::future::join_all;
use scrip_clock::SignedDuration;
use serde_json::json;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_reaches_the_tables_in_memory() {
    let running = start(Probe::new(), None).await;
    let client = running.dynamodb();
    let table = running.table();
    let put = client
        .put_item()
        .table_name(&table)
        .item("pk", text("a"))
        .item("sk", text("-"))
        .item("owner", text("o"));
    let put = put.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await.unwrap();
    let capacity = put.consumed_capacity.unwrap();
    assert_eq!(capacity.capacity_units, Some(2.0));
    assert_eq!(capacity.global_secondary_indexes.unwrap()["by-owner"].capacity_units, Some(1.0));

    let get =
        client.get_item().table_name(&table).key("pk", text("a")).key("sk", text("-")).consistent_read(true);
    assert_eq!(get.send().await.unwrap().item.unwrap()["owner"], text("o"));
    let query = client.query().table_name(&table).index_name("by-owner").key_condition_expression("#o = :o");
    let query = query.expression_attribute_names("#o", "owner").expression_attribute_values(":o", text("o"));
    assert_eq!(query.send().await.unwrap().count, 1);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transaction_tells_what_is_there() {
    let running = start(Probe::new(), None).await;
    let client = running.dynamodb();
    let table = running.table();
    put(&client, &table, "b").await;
    let create = |key: &str| {
        let put = Put::builder().table_name(&table).item("pk", text(key)).item("sk", text("-"));
        let put = put.condition_expression("attribute_not_exists(pk)");
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let both = client.transact_write_items().transact_items(create("a")).transact_items(create("b"));
    match both.send().await.unwrap_err().into_service_error() {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let reasons = cancelled.cancellation_reasons.unwrap();
            assert_eq!(reasons[0].code.as_deref(), Some("None"));
            assert_eq!(reasons[1].code.as_deref(), Some("ConditionalCheckFailed"));
            assert_eq!(reasons[1].item.as_ref().unwrap()["pk"], text("b"));
        }
        other => panic!("{other:?}"),
    }
    let get = client.get_item().table_name(&table).key("pk", text("a")).key("sk", text("-"));
    assert!(get.send().await.unwrap().item.is_none());
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_answer_over_http_too() {
    let running = start(Probe::new(), None).await;
    let ask = async |target: &str, path: &str| {
        let request = reqwest::Client::new().post(format!("{}{path}", running.base_url()));
        let request =
            request.header("x-amz-target", target).header("content-type", "application/x-amz-json-1.0");
        let response = request.body("{}").send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
        assert!(headers.contains_key("x-amzn-requestid"));
        (status, response.json::<serde_json::Value>().await.unwrap())
    };
    let (status, tables) = ask("DynamoDB_20120810.ListTables", "/local/aws").await;
    assert_eq!((status, &tables["TableNames"]), (200, &json!([running.table()])));
    let (_, streams) = ask("DynamoDBStreams_20120810.ListStreams", "/local/aws/").await;
    assert_eq!(streams["Streams"].as_array().unwrap().len(), 1);
    let (_, queues) = ask("AmazonSQS.ListQueues", "/local/aws/000000000000/any").await;
    assert_eq!(queues["QueueUrls"].as_array().unwrap().len(), 3);
    assert_eq!(ask("AmazonS3.ListBuckets", "/local/aws/").await.0, 400);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_takes_no_good_one_down() {
    let probe = Probe::new();
    probe.refuse("bad");
    let running = start(probe, None).await;
    let client = running.sqs();
    let url = running.queue("Work");
    for body in ["good", "bad", "fine"] {
        client.send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
    running.settle().await.unwrap();
    running.advance(hours(1)).await.unwrap();
    let mut bodies = probe.messages.lock().unwrap().concat();
    bodies.sort();
    assert_eq!(bodies, ["bad", "bad", "fine", "good"]);
    let (_, queues) = running.get("/local/queues", None).await;
    let gone = client.send_message().queue_url(format!("{url}-not")).message_body("x").send().await;
    assert!(gone.unwrap_err().into_service_error().is_queue_does_not_exist());
    let depths = queues["items"].as_array().unwrap();
    let work = depths.iter().find(|depth| !depth["dead_letter_queue"].is_null()).unwrap();
    assert_eq!(
        (&work["visible"], &work["in_flight"], &work["dead_letters"]),
        (&json!(0), &json!(0), &json!(1))
    );
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_ring_in_the_order_of_time() {
    let probe = Probe::new();
    let running = start(probe, None).await;
    let begun = running.clock().now();
    for (name, after) in [("late", 3), ("early", 1), ("never", 9)] {
        let input = json!({ "name": name, "at": (begun + hours(after)).to_string() });
        running.engine().start("alarm", Some(name), &input).unwrap();
    }
    running.settle().await.unwrap();
    assert!(probe.rings.lock().unwrap().is_empty());
    running.advance(hours(5)).await.unwrap();

    let rings = probe.rings.lock().unwrap().clone();
    let names: Vec<&str> = rings.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["early", "late"]);
    for ((_, at), after) in rings.iter().zip([1, 3]) {
        let late = at.duration_since(begun + hours(after));
        assert!(!late.is_negative() && late < SignedDuration::from_mins(1), "{late}");
    }
    assert_eq!(
        *probe.batches.lock().unwrap(),
        [["ring-early"], ["ring-late"]],
        "what follows has run as well"
    );
    let (_, executions) = running.get("/local/executions?machine=alarm&name=early", None).await;
    assert_eq!(executions["items"][0]["status"], "SUCCEEDED");
    assert_eq!(executions["items"][0]["states"].as_array().unwrap().len(), 2);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_expire_by_the_clock() {
    let running = start(Probe::new(), None).await;
    let client = running.dynamodb();
    let table = running.table();
    let ends = running.clock().now() + hours(2);
    for (key, ends) in [("short", ends), ("long", ends + hours(9))] {
        let ttl = AttributeValue::N(ends.as_second().to_string());
        let put =
            client.put_item().table_name(&table).item("pk", text(key)).item("sk", text("-")).item("ttl", ttl);
        put.send().await.unwrap();
    }
    let keys = async || {
        let items = client.scan().table_name(&table).send().await.unwrap().items.unwrap();
        items.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect::<Vec<_>>()
    };
    running.advance(hours(1)).await.unwrap();
    assert_eq!(keys().await.len(), 2);
    running.advance(hours(2)).await.unwrap();
    assert_eq!(keys().await, ["long"]);
    running.shutdown().await;
}

/// The codes of all cancellation reasons of writes that want one item at once.
async fn reasons_of_a_rush(contention: bool) -> Vec<String> {
    let running = Platform::start(Options { contention, ..options(Probe::new(), None) }).await.unwrap();
    let client = running.dynamodb();
    let table = running.table();
    let write = || {
        let put = Put::builder().table_name(&table).item("pk", text("a")).item("sk", text("-"));
        let put = TransactWriteItem::builder().put(put.build().unwrap()).build();
        client.transact_write_items().transact_items(put).send()
    };
    let mut codes = Vec::new();
    for answer in join_all((0..20).map(|_| write())).await {
        match answer.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => {}
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons.unwrap();
                codes.extend(reasons.into_iter().filter_map(|reason| reason.code));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    running.shutdown().await;
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_meet_are_cancelled_if_that_is_asked_for() {
    assert!(reasons_of_a_rush(false).await.is_empty());
    let codes = reasons_of_a_rush(true).await;
    assert!(!codes.is_empty() && codes.iter().all(|code| code == "TransactionConflict"), "{codes:?}");
}
