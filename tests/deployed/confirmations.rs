//! The queue of confirmations: what can't be worked on ends where somebody looks, and holds up no confirmation.

use super::queue::{Queue, VISIBILITY_SECONDS};
use aws_sdk_sqs::types::QueueAttributeName;
use scrip_test_support::coupons::Club;
use scrip_test_support::fresh_key;
use scrip_test_support::webhooks::{confirm, confirmation};
use serde_json::json;

const TOTAL: i64 = 5_000;

#[tokio::test]
async fn a_bad_message_ends_as_a_dead_letter_and_confirmations_go_on() {
    let club = Club::open().await;
    let scrip = &club.scrip;
    let key = club.shop.webhook_key(scrip).await;
    let reserved = club.reserved().await;
    let (queue, dead) = (Queue::of(scrip, "Confirmations"), Queue::of(scrip, "ConfirmationsFailed"));
    let visibility = queue.attribute(QueueAttributeName::VisibilityTimeout).await;
    queue.set_visibility(VISIBILITY_SECONDS).await;
    let bad = format!("bad-{:08x}", rand::random::<u32>());

    queue.send(&[json!({ "confirmation": "conf_none", "cause": bad })]).await;
    let body = confirmation(&key.merchant, &[&reserved.code], TOTAL);
    let id = confirm(scrip, &key, &fresh_key(), &body).await.expect(202).text("id");

    let is_rewarded = async || {
        let status = club.server.confirmation(scrip, &id).await.expect(200).text("status");
        (status == "rewarded").then_some(())
    };
    scrip.soon("the reward", is_rewarded).await;
    scrip.soon("a dead letter", async || dead.holds(&bad).await).await;
    scrip.soon("an empty queue", async || queue.is_empty().await.then_some(())).await;
    queue.set_visibility(&visibility).await;
}
