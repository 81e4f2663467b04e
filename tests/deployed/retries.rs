//! Tasks that fail and are tried again, or fail for good.

use super::control::Function;
use futures::FutureExt;
use scrip_clock::SignedDuration;
use scrip_states_language::Status;
use scrip_test_support::Scrip;
use serde_json::json;
use std::panic::{AssertUnwindSafe, resume_unwind};

/// How long before its deadline a bill's task is stopped.
const EARLY: SignedDuration = SignedDuration::from_secs(3);

/// Lambda admits no invocation of the task until it has failed. It is stopped just before and let go on just after, since
/// the bills of other tests wait for it too, each time longer.
#[tokio::test]
async fn a_task_that_fails_is_retried() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let expire_bill = Function::of(&scrip, "ExpireBill");
    let bill = loop {
        let bill = alice.open_bill(&scrip, &account, json!({ "effective_for": "PT1M" })).await;
        let started = async || scrip.execution("bill-expiry", &bill.id).await;
        scrip.soon("an execution", started).await;
        let deadline = bill.deadline(&scrip, &alice).await;
        scrip.reach(deadline - EARLY).await;
        expire_bill.stop().await;
        if scrip.now().await < deadline {
            break bill;
        }
        // The task may have run before it was stopped, and would never fail.
        expire_bill.go_on().await;
    };

    let has_failed = async || {
        let execution = scrip.execution("bill-expiry", &bill.id).await?;
        execution.events.iter().any(|event| event == "TaskFailed").then_some(())
    };
    let status = async {
        scrip.soon("a task that failed", has_failed).await;
        bill.status(&scrip, &alice).await
    };
    let status = AssertUnwindSafe(status).catch_unwind().await;
    // Whatever was seen, the other tests need the function.
    expire_bill.go_on().await;
    assert_eq!(status.unwrap_or_else(|panic| resume_unwind(panic)), "open");

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
