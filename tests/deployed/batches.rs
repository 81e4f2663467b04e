//! The queue of stored transactions: what can't be worked on ends where somebody looks, and holds up no batch.

use super::queue::{Queue, VISIBILITY_SECONDS};
use aws_sdk_sqs::types::QueueAttributeName;
use scrip_test_support::{Pos, Scrip, fresh_key};
use serde_json::json;

const PIN: &str = "493817";
const CODE: &str = "739105826410";

#[tokio::test]
async fn a_bad_message_ends_as_a_dead_letter_and_batches_go_on() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, PIN).await;
    alice.authorize_static(&scrip, &account, PIN, CODE, json!({})).await.expect(201);
    let pos = scrip.shop("tilda", "CNY").await.pos(&scrip).await;
    let (queue, dead) = (Queue::of(&scrip, "PosBatches"), Queue::of(&scrip, "PosBatchesFailed"));
    let visibility = queue.attribute(QueueAttributeName::VisibilityTimeout).await;
    queue.set_visibility(VISIBILITY_SECONDS).await;
    let bad = format!("bad-{:08x}", rand::random::<u32>());

    queue.send(&[json!({ "cause": bad })]).await;
    let mut order = Pos::order(&fresh_key(), "alice", CODE, 100);
    order["occurred_at"] = json!(scrip.now().await.to_string());
    let batch = pos.hand_over(&scrip, json!([order])).await.expect(202).text("id");

    let completed = pos.completed(&scrip, &batch).await;
    assert_eq!(completed["results"][0]["decision"], "approved", "{completed}");
    scrip.soon("a dead letter", async || dead.holds(&bad).await).await;
    queue.set_visibility(&visibility).await;
}
