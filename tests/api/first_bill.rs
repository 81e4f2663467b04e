//! The story of the README: a bill from its opening to its settlement, and one that nobody pays.

use scrip_test_support::Scrip;
use serde_json::json;

#[tokio::test]
async fn a_bill_is_opened_filled_verified_and_settled() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    alice.set_pin(&scrip, "493817").await;
    let shop = scrip.shop("bob", "CNY").await;
    let terminal = shop.terminal(&scrip).await;

    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    bill.add(&scrip, &terminal, 2, 1_250).await.expect(201);
    let request = bill.ask(&scrip, &alice).await.expect(201);
    assert_eq!(request.body["total"], json!({ "amount": 2_500, "currency": "CNY" }));
    let settled = bill.verify(&scrip, &alice, &request.text("id"), "493817").await.expect(200);

    assert_eq!(settled.body["status"], "settled");
    assert_eq!(scrip.balance(&alice, &account).await, 7_500);
    assert_eq!(scrip.balance(&shop.owner, &shop.account).await, 2_500);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it advances the clock by hours")]
async fn a_bill_that_nobody_verifies_becomes_unpaid_when_the_clock_is_advanced() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    let account = scrip.account(&alice, 10_000, "CNY").await;
    let shop = scrip.shop("bob", "CNY").await;
    let terminal = shop.terminal(&scrip).await;
    let bill = alice.open_bill(&scrip, &account, json!({})).await;
    bill.add(&scrip, &terminal, 2, 1_250).await.expect(201);

    scrip.advance("PT2H").await;
    let alice = scrip.user("alice").await;
    assert_eq!(bill.status(&scrip, &alice).await, "awaiting_verification");
    scrip.advance("PT15M").await;

    assert_eq!(bill.status(&scrip, &alice).await, "unpaid");
    assert_eq!(scrip.balance(&alice, &account).await, 10_000);
}
