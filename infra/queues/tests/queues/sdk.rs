//! The SDK that functions use, unchanged but for its connector.

use crate::bench::{BASE_URL, Bench, url};
use aws_credential_types::Credentials;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};
use aws_sdk_sqs::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use scrip_queues::{QueueSpec, Queues, query_error};
use std::fmt;

/// Hands the SDK's requests to the queues, as the platform's listener does.
struct InProcess(Queues);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let queues = self.0.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap().to_owned();
            let body = request.body().bytes().unwrap().to_vec();
            let (status, body) = queues.handle_aws_waiting(&target, &body).await;
            let error = query_error(&body);
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
            if let Some(error) = error {
                response.headers_mut().insert("x-amzn-query-error", error);
            }
            Ok(response)
        })
    }
}

fn client(queues: Queues) -> Client {
    let connector = SharedHttpConnector::new(InProcess(queues));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(BASE_URL)
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn messages_go_there_and_back() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let client = client(bench.queues.clone());
    let queue = client.get_queue_url().queue_name("work").send().await.unwrap().queue_url.unwrap();
    assert_eq!(queue, url("work"));
    let kind = MessageAttributeValue::builder().data_type("String.kind").string_value("x").build().unwrap();
    let raw = MessageAttributeValue::builder()
        .data_type("Binary")
        .binary_value(Blob::new([0, 255]))
        .build()
        .unwrap();

    let sent = client.send_message().queue_url(&queue).message_body("derp").message_attributes("kind", kind);
    let sent = sent.message_attributes("raw", raw.clone()).send().await.unwrap();
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
    };
    let entries = vec![entry("good", "b"), entry("bad", "\u{1}")];
    let batch =
        client.send_message_batch().queue_url(&queue).set_entries(Some(entries)).send().await.unwrap();
    assert_eq!((batch.successful.len(), batch.failed.len()), (1, 1));
    assert_eq!(batch.failed[0].code, "InvalidMessageContents");

    let receive = client.receive_message().queue_url(&queue).max_number_of_messages(10).wait_time_seconds(20);
    let received = receive.message_attribute_names("All").send().await.unwrap().messages.unwrap();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].message_id, sent.message_id);
    assert_eq!(received[0].md5_of_message_attributes, sent.md5_of_message_attributes);
    assert_eq!(received[0].message_attributes.as_ref().unwrap()["raw"], raw);

    let handle = received[0].receipt_handle.as_deref().unwrap();
    let change = client.change_message_visibility().queue_url(&queue).receipt_handle(handle);
    change.visibility_timeout(60).send().await.unwrap();
    client.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
    let ask = client.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::All);
    let attributes = ask.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");
}

#[tokio::test]
async fn errors_have_the_kinds_that_the_sdk_knows() {
    let bench = Bench::new(vec![QueueSpec::new("work")]);
    let client = client(bench.queues.clone());

    let absent = client.send_message().queue_url(url("absent")).message_body("x").send().await;
    assert!(absent.unwrap_err().into_service_error().is_queue_does_not_exist());
    let handle = client.delete_message().queue_url(url("work")).receipt_handle("x").send().await;
    assert!(handle.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
    let empty = client.send_message_batch().queue_url(url("work")).set_entries(Some(vec![])).send().await;
    assert!(empty.unwrap_err().into_service_error().is_empty_batch_request());
    let content = client.send_message().queue_url(url("work")).message_body("\u{1}").send().await;
    assert!(content.unwrap_err().into_service_error().is_invalid_message_contents());
}
