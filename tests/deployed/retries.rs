//! Tasks that fail and are tried again, or fail for good.

use super::control::Function;
use futures::FutureExt;
use scrip_states_language::Status;
use scrip_tests::Scrip;
use serde_json::json;
use std::panic::{AssertUnwindSafe, resume_unwind};

/// Lambda admits no invocation of the task until it has failed. It is let go on then at once, since the bills of other
/// tests wait for it too, each time longer.
#[tokio::test]
async fn a_task_that_fails_is_retried() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let terms = json!({ "effective_for": "PT1M" });
    let bill = alice.open_bill(&scrip, &account, terms).await;
    let started = async || scrip.execution("bill-expiry", &bill.id).await;
    scrip.soon("an execution", started).await;

    let expire_bill = Function::of(&scrip, "ExpireBill");
    scrip.advance("PT50S").await;
    expire_bill.stop().await;
    let has_failed = async || {
        let execution = scrip.execution("bill-expiry", &bill.id).await?;
        execution.events.iter().any(|event| event == "TaskFailed").then_some(())
    };
    let failed = AssertUnwindSafe(scrip.soon("a task that failed", has_failed)).catch_unwind().await;
    let status = bill.status(&scrip, &alice).await;
    // Whatever was seen, the other tests need the function.
    expire_bill.go_on().await;
    failed.unwrap_or_else(|panic| resume_unwind(panic));
    assert_eq!(status, "open");

    let expired = async || (bill.status(&scrip, &alice).await == "expired").then_some(());
    scrip.soon("an expired bill", expired).await;
    let ended = async || {
        let execution = scrip.execution("bill-expiry", &bill.id).await?;
        (execution.status != Status::Running).then_some(execution)
    };
    let execution = scrip.soon("an execution that has ended", ended).await;
    assert_eq!(execution.status, Status::Succeeded);
    assert_eq!(execution.states, ["DeadlineReached", "ExpireBill", "OutcomeKnown", "Expired"]);
}
