//! The queue of starts that failed: one message that can't be worked takes no other down, waits where somebody looks,
//! and runs once the cause is mended.

use super::control::Function;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use scrip_test_support::{Scrip, Stack};
use serde_json::{Value, json};

/// So that a message that failed comes again at once and not after minutes.
pub(super) const VISIBILITY_SECONDS: &str = "1";

pub(super) struct Queue {
    client: Client,
    url: &'static str,
}

impl Queue {
    pub(super) fn of(scrip: &Scrip, logical_id: &str) -> Self {
        Self { client: Client::new(&scrip.aws()), url: Stack::get().resource(logical_id) }
    }

    pub(super) async fn attribute(&self, name: QueueAttributeName) -> String {
        let request = self.client.get_queue_attributes().queue_url(self.url).attribute_names(name.clone());
        let mut told = request.send().await.expect("attributes").attributes.expect("attributes");
        told.remove(&name).expect("the attribute")
    }

    pub(super) async fn set_visibility(&self, seconds: &str) {
        let request = self.client.set_queue_attributes().queue_url(self.url);
        let request = request.attributes(QueueAttributeName::VisibilityTimeout, seconds);
        request.send().await.expect("the queue is changed");
    }

    pub(super) async fn send(&self, bodies: &[Value]) {
        let entries = bodies.iter().enumerate().map(|(index, body)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
            entry.message_body(body.to_string()).build().expect("an entry")
        });
        let batch = self.client.send_message_batch().queue_url(self.url).set_entries(Some(entries.collect()));
        assert!(batch.send().await.expect("an answer").failed().is_empty());
    }

    /// Whether there is a message with this name in it. It stays there for whoever wants it.
    pub(super) async fn holds(&self, name: &str) -> Option<()> {
        let request = self.client.receive_message().queue_url(self.url);
        let request = request.max_number_of_messages(10).visibility_timeout(0);
        let messages = request.send().await.expect("messages").messages.unwrap_or_default();
        let is_it = |body: Option<&str>| body.is_some_and(|body| body.contains(name));
        messages.iter().any(|message| is_it(message.body())).then_some(())
    }

    pub(super) async fn is_empty(&self) -> bool {
        let mut left = 0;
        for name in [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ] {
            left += self.attribute(name).await.parse::<u32>().expect("a number");
        }
        left == 0
    }
}

fn start(machine: &str, name: &str) -> Value {
    json!({ "machine": machine, "name": name, "input": { "redemption": name }, "cause": name })
}

#[tokio::test]
async fn a_bad_message_takes_no_good_one_down_and_runs_once_the_cause_is_mended() {
    let scrip = Scrip::start().await;
    let (queue, dead) = (Queue::of(&scrip, "WorkflowRetries"), Queue::of(&scrip, "WorkflowRetriesFailed"));
    let visibility = queue.attribute(QueueAttributeName::VisibilityTimeout).await;
    queue.set_visibility(VISIBILITY_SECONDS).await;
    let names = ["one", "bad", "two"].map(|name| format!("{name}-{:08x}", rand::random::<u32>()));
    let [one, bad, two] = &names;
    // The functions have not been told of the second one yet.
    let (machine, of_tomorrow) = ("coupon-reward", format!("tomorrow-{:08x}", rand::random::<u32>()));
    let variable = format!("MACHINE_{}", of_tomorrow.to_ascii_uppercase().replace('-', "_"));

    queue.send(&[start(machine, one), start(&of_tomorrow, bad), start(machine, two)]).await;

    // Nobody tells of an Express machine's executions: a message that is gone has been worked on.
    scrip.soon("a dead letter", async || dead.holds(bad).await).await;
    scrip.soon("an empty queue", async || queue.is_empty().await.then_some(())).await;
    for good in [one, two] {
        assert!(dead.holds(good).await.is_none());
    }

    let retry = Function::of(&scrip, "RetryWorkflows");
    retry.set(&variable, &scrip.machine(machine).await).await;
    let source = dead.attribute(QueueAttributeName::QueueArn).await;
    let redrive = dead.client.start_message_move_task().source_arn(source);
    redrive.send().await.expect("the dead letters are moved back");

    let are_empty = async || (queue.is_empty().await && dead.is_empty().await).then_some(());
    scrip.soon("empty queues", are_empty).await;
    retry.unset(&variable).await;
    queue.set_visibility(&visibility).await;
}
