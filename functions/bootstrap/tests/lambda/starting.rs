//! What a stream and the schedule start.

use crate::aws::Aws;
use crate::function::Function;
use crate::open_bill;
use serde_json::{Value, json};

/// The record of a new item that asks for a start, as the stream sends it.
fn asking(number: &str, id: &str) -> Value {
    let input = json!({ "redemption": { "S": id } });
    let workflow = json!({ "machine": { "S": "coupon-reward" }, "input": { "M": input }, "cause": { "S": "request-1" } });
    json!({ "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {
        "SequenceNumber": number, "StreamViewType": "NEW_IMAGE",
        "NewImage": { "id": { "S": id }, "workflow": { "M": workflow } },
    } })
}

#[tokio::test]
async fn what_is_new_in_the_stream_starts_its_workflow() {
    let aws = Aws::start().await;
    let mut start_workflows = Function::start(&aws, "start-workflows").await;
    let answer = start_workflows.invoke(json!({ "Records": [asking("111", "rdm_1")] })).await.unwrap();

    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let executions = aws.executions();
    assert_eq!(executions.len(), 1);
    assert_eq!(executions[0]["name"], json!("rdm_1"));
    let machine = &aws.variables("start-workflows")["MACHINE_COUPON_REWARD"];
    assert_eq!(executions[0]["stateMachineArn"], json!(machine));
    let input: Value = serde_json::from_str(executions[0]["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, json!({ "redemption": "rdm_1", "cause": "request-1" }));
}

#[tokio::test]
async fn what_is_due_starts_its_workflow_each_minute() {
    let aws = Aws::start().await;
    let bill = open_bill(&aws).await;
    let mut start_due = Function::start(&aws, "start-due").await;
    let early = start_due.invoke(json!({ "start": "due" })).await.unwrap();
    assert_eq!((&early["started"], aws.executions().len()), (&json!(0), 0));

    aws.end_time_of_bill(&bill);
    let late = start_due.invoke(json!({ "start": "due" })).await.unwrap();
    assert_eq!((&late["started"], &late["left"]), (&json!(1), &json!(0)));
    let executions = aws.executions();
    assert_eq!(executions.len(), 1);
    let machine = &aws.variables("start-due")["MACHINE_BILL_EXPIRY"];
    assert_eq!(executions[0]["stateMachineArn"], json!(machine));
    let input: Value = serde_json::from_str(executions[0]["input"].as_str().unwrap()).unwrap();
    assert_eq!((&input["bill"], &input["moment"]), (&json!(bill), &json!("expiry")));
}

#[tokio::test]
async fn what_can_not_be_started_is_sent_to_the_queue() {
    let aws = Aws::start().await;
    let records = [("1", "rdm_1"), ("2", "rdm_2"), ("3", "rdm_3")].map(|(number, id)| asking(number, id));
    let event = json!({ "Records": records });
    let mut start_workflows = Function::start(&aws, "start-workflows").await;

    aws.fail_starts(&[]);
    let answer = start_workflows.invoke(event.clone()).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    aws.fail_starts(&[1]);
    let answer = start_workflows.invoke(event).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }));

    let sent = aws.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["QueueUrl"], json!(aws.variables("start-workflows")["WORKFLOW_RETRIES_QUEUE"]));
    let message: Value =
        serde_json::from_str(sent[0]["Entries"][0]["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&message["machine"], &message["name"], &message["input"]["redemption"], &message["cause"]),
        (&json!("coupon-reward"), &json!("rdm_1"), &json!("rdm_1"), &json!("request-1"))
    );
    // For each invocation a line for each record, and its own.
    let lines = start_workflows.log_lines(8).await;
    assert!(lines.iter().all(|line| line["causes"] == json!(["request-1"])), "{lines:#?}");
    let counted: Vec<bool> = lines.iter().map(|line| line["_aws"].is_object()).collect();
    assert_eq!(counted, [false, false, false, true, false, false, false, true]);
    assert!(lines.iter().all(|line| line["environment"] == "dev"));
}
