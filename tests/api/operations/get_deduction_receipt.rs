use crate::api::world::NOBODY;
use scrip_test_support::deductions::{Till, amount_off, purchase, with_item};

#[tokio::test]
async fn payer_and_merchant_read_the_receipt() {
    let till = Till::open().await;
    till.stock("five", "coupon", amount_off(500)).await;
    till.grant("five", 1).await.expect(201);
    let paid = till.pay(&with_item(purchase(3_000, 2_500), "five", 1)).await.expect(201);
    // What is put since does not change it.
    till.stock("five", "coupon", amount_off(900)).await;
    let path = format!("/v1/deductions/transfers/{}", paid.text("id"));
    let second = till.shop.terminal(&till.scrip).await;
    assert_eq!(till.scrip.get(&till.payer, &path).await.expect(200).body, paid.body);
    assert_eq!(till.scrip.get(&till.shop.owner, &path).await.expect(200).body, paid.body);
    assert_eq!(till.scrip.get(&till.terminal, &path).await.expect(200).body, paid.body);
    assert_eq!(till.scrip.get(&second, &path).await.expect(200).body, paid.body);
}

#[tokio::test]
async fn a_transfer_without_deductions_has_no_receipt() {
    let till = Till::open().await;
    let order = crate::api::world::transfer(&till.account, &till.shop.account, 10);
    let transfer = till.scrip.post(&till.payer, "/v1/transfers", &order).await.expect(201).text("id");
    for id in [transfer, format!("txn_{NOBODY}")] {
        let answer = till.scrip.get(&till.payer, &format!("/v1/deductions/transfers/{id}")).await;
        answer.refused("get-deduction-receipt", 404, "not-found");
    }
}
