//! Tasks that fail and come again.

use super::control::Function;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::FutureExt;
use scrip_clock::SignedDuration;
use scrip_test_support::{Bill, Scrip};
use serde_json::json;
use std::panic::{AssertUnwindSafe, resume_unwind};

/// How long before its deadline a bill's task is stopped.
const EARLY: SignedDuration = SignedDuration::from_secs(3);

/// Whether a bill is still in its slot.
async fn waits(scrip: &Scrip, bill: &Bill) -> bool {
    let key = [("pk", format!("BILL#{}", bill.id)), ("sk", "BILL".to_owned())];
    let key = key.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
    let item = Client::new(&scrip.aws()).get_item().table_name(scrip.table("BillsTable").await);
    let item = item.set_key(Some(key.into())).consistent_read(true).send().await.expect("an answer").item;
    item.expect("a bill").contains_key("slot")
}

/// Lambda admits no invocation of the task until it has failed. It is stopped just before and let go on just after, since
/// the bills of other tests wait for it too, each time longer.
#[tokio::test]
async fn a_task_that_fails_comes_again() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 0, "CNY").await;
    let (expire_bill, start_due) = (Function::of(&scrip, "ExpireBill"), Function::of(&scrip, "StartDue"));
    let (bill, deadline) = loop {
        let bill = alice.open_bill(&scrip, &account, json!({ "effective_for": "PT1M" })).await;
        let deadline = bill.deadline(&scrip, &alice).await;
        scrip.reach(deadline - EARLY).await;
        expire_bill.stop().await;
        if scrip.now().await < deadline {
            break (bill, deadline);
        }
        // The task may have run before it was stopped, and would never fail.
        expire_bill.go_on().await;
    };

    let seen = async {
        scrip.reach(deadline).await;
        let started = start_due.invoke(&json!({ "start": "due" })).await;
        (started, bill.status(&scrip, &alice).await, waits(&scrip, &bill).await)
    };
    let seen = AssertUnwindSafe(seen).catch_unwind().await;
    // Whatever was seen, the other tests need the function.
    expire_bill.go_on().await;
    let (started, status, is_waiting) = seen.unwrap_or_else(|panic| resume_unwind(panic));
    assert!(started["started"].as_u64() > Some(0), "{started}");
    assert_eq!((status.as_str(), is_waiting), ("expired", true));

    let is_done = async || {
        start_due.invoke(&json!({ "start": "due" })).await;
        (!waits(&scrip, &bill).await).then_some(())
    };
    scrip.soon("a bill that waits for nothing any more", is_done).await;
}
