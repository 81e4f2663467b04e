//! What Step Functions and the embedded engine do alike.

use aws_sdk_sfn::Client;
use scrip_states_language::Status;
use scrip_test_support::Scrip;
use serde_json::{Value, json};

const EXPRESS: &str = "bill-expiry";

async fn start(scrip: &Scrip, name: &str, input: &Value) -> String {
    let request = Client::new(&scrip.aws()).start_execution().state_machine_arn(scrip.machine(EXPRESS).await);
    request.name(name).input(input.to_string()).send().await.expect("an execution").execution_arn
}

#[tokio::test]
async fn an_express_machine_starts_twice_and_tells_nothing() {
    let scrip = Scrip::start().await;
    let name = format!("twice-{:08x}", rand::random::<u32>());
    let input = json!({ "bill": name, "moment": "expiry", "cause": "a-test" });
    let arns = [start(&scrip, &name, &input).await, start(&scrip, &name, &input).await];
    assert_ne!(arns[0], arns[1]);

    let client = Client::new(&scrip.aws());
    let told = client.describe_execution().execution_arn(&arns[0]).send().await;
    assert!(told.is_err(), "{told:?}");
    let listed = client.list_executions().state_machine_arn(scrip.machine(EXPRESS).await).send().await;
    let refusal = listed.expect_err("no list").into_service_error();
    assert!(refusal.is_state_machine_type_not_supported(), "{refusal:?}");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it looks into the embedded engine")]
async fn a_task_that_refuses_is_caught_and_ends_the_execution() {
    let scrip = Scrip::start().await;
    // A bill is named by text.
    start(&scrip, "refused", &json!({ "bill": 7, "moment": "expiry", "cause": "a-test" })).await;
    scrip.settle().await;

    let execution = scrip.execution(EXPRESS, "refused").await.expect("an execution");
    assert_eq!(execution.status, Status::Failed);
    assert_eq!(execution.error.as_deref(), Some("Broken"));
    assert_eq!(execution.states, ["Due", "MomentKnown", "ExpireBill", "Failed"]);
    assert!(execution.cause.is_some_and(|cause| cause.contains("expected a string")));
}
