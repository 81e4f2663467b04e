use scrip_test_support::deductions::{Till, amount_off};
use serde_json::json;

#[tokio::test]
async fn users_see_what_they_were_given_and_no_more() {
    let till = Till::open().await;
    let path = format!("/v1/merchants/{}/deduction-balances", till.shop.id);
    let none = till.scrip.get(&till.payer, &path).await.expect(200).body;
    assert_eq!(none, json!({ "items": [], "next": null }));
    for (item, kind) in
        [("stamps", "coupon"), ("miles", "points"), ("card", "stored_value"), ("unused", "coupon")]
    {
        till.stock(item, kind, amount_off(100)).await;
    }
    for (item, units) in [("stamps", 2), ("miles", 70), ("card", 900)] {
        till.grant(item, units).await.expect(201);
    }

    let balances = till.scrip.get(&till.payer, &path).await.expect(200).body;
    let expected = json!([
        { "item": "card", "kind": "stored_value", "units": 900, "currency": "CNY" },
        { "item": "miles", "kind": "points", "units": 70, "currency": null },
        { "item": "stamps", "kind": "coupon", "units": 2, "currency": null },
    ]);
    assert_eq!(balances["items"], expected);
    let first = till.scrip.get(&till.payer, &format!("{path}?limit=2")).await.expect(200).body;
    let rest = format!("{path}?limit=2&after={}", first["next"].as_str().unwrap());
    let rest = till.scrip.get(&till.payer, &rest).await.expect(200).body;
    assert_eq!((&first["items"][1], &rest["items"][0]), (&expected[1], &expected[2]));

    let mallory = till.scrip.user("mallory").await;
    assert_eq!(till.scrip.get(&mallory, &path).await.expect(200).body["items"], json!([]));
    let others = first["next"].as_str().unwrap();
    let answer = till.scrip.get(&mallory, &format!("{path}?after={others}")).await;
    answer.refused("list-deduction-balances", 400, "invalid-cursor");
}
