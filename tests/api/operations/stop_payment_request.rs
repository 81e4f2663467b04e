use scrip_test_support::Scrip;
use scrip_test_support::groups::{Group, PaymentRequest, equally};
use serde_json::json;

#[tokio::test]
async fn what_is_due_is_closed_and_what_was_paid_stays_paid() {
    let scrip = Scrip::start().await;
    let [alice, bo, chen] = [scrip.user("alice").await, scrip.user("bo").await, scrip.user("chen").await];
    let group = Group::gather(&scrip, &alice, &[&bo, &chen]).await;
    let (account, purse) = (scrip.account(&alice, 0, "CNY").await, scrip.account(&bo, 900, "CNY").await);
    let terms = json!({ "split": equally(&scrip, &[&bo, &chen]) });
    let request = PaymentRequest::of(group.ask(&scrip, &alice, &account, 900, &terms).await);
    request.pay(&scrip, &bo, &purse, &json!({})).await.expect(201);
    request.stop(&scrip, &bo).await.refused("stop-payment-request", 403, "wrong-role");
    let stopped = request.stop(&scrip, &alice).await.expect(200).body;
    assert_eq!((&stopped["status"], &stopped["collected"]["amount"]), (&json!("stopped"), &json!(450)));
    let statuses = [&stopped["shares"][0]["status"], &stopped["shares"][1]["status"]];
    assert_eq!(statuses, [&json!("paid"), &json!("closed")]);
    assert_eq!(request.read(&scrip, &alice).await.expect(200).body, stopped);
    let again = request.stop(&scrip, &alice).await;
    assert_eq!(again.refused("stop-payment-request", 409, "request-not-open").body["current"], "stopped");
    assert_eq!(scrip.balance(&alice, &account).await, 450);
}
