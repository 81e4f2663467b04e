use super::coupon_counter::Counter;
use scrip_test_support::coupons::{STORE, code_of_nothing, order, yuan};
use serde_json::{Value, json};

const CHECKS: &str = "/v1/coupons/checks";

#[tokio::test]
async fn each_code_is_judged_and_nothing_is_used() {
    let counter = Counter::open().await;
    let (coupon, good) = counter.taken(&json!({})).await;
    let (_, small) = counter.taken(&json!({ "order_minimum": yuan(9_000) })).await;
    let (_, poor) = counter.taken(&json!({ "budget": yuan(999) })).await;
    let nothing = code_of_nothing();
    let codes = [good.as_str(), small.as_str(), poor.as_str(), nothing.as_str(), "abc"];
    for _ in 0..2 {
        let checked =
            counter.server.check_codes(&counter.scrip, &codes, &order(5_000)).await.expect(200).body;
        let verdicts = checked["verdicts"].as_array().unwrap();
        let reasons: Vec<_> = verdicts.iter().map(|verdict| verdict["reason"].clone()).collect();
        let expected = json!([
            null,
            "order-below-minimum",
            "budget-exhausted",
            "code-not-accepted",
            "code-not-accepted"
        ]);
        assert_eq!(json!(reasons), expected);
        assert_eq!(
            (&verdicts[0]["verdict"], &verdicts[0]["coupon"]["id"]),
            (&json!("accepted"), &json!(coupon))
        );
        assert_eq!(verdicts[0]["benefit"]["deduction"], yuan(1_000));
        assert_eq!((&verdicts[3]["coupon"], &verdicts[3]["benefit"]), (&Value::Null, &Value::Null));
        assert_eq!(verdicts[4]["code_index"], 4);
    }
    assert_eq!(
        counter.olga.verify(&counter.scrip, STORE, &good).await.expect(201).body["verdict"],
        "accepted"
    );
}

#[tokio::test]
async fn another_merchants_server_learns_nothing() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let other = counter.scrip.shop("rita", "CNY").await.device(&counter.scrip, "server").await;
    let checked = other.check_codes(&counter.scrip, &[&code], &order(5_000)).await.expect(200).body;
    let verdict = &checked["verdicts"][0];
    assert_eq!((&verdict["reason"], &verdict["coupon"]), (&json!("code-not-accepted"), &Value::Null));
    let request = json!({ "codes": [code] });
    counter.scrip.post(&counter.olga, CHECKS, &request).await.refused("check-coupons", 403, "wrong-role");
    let terminal = counter.shop.terminal(&counter.scrip).await;
    counter.scrip.post(&terminal, CHECKS, &request).await.refused("check-coupons", 403, "wrong-role");
}

#[tokio::test]
async fn a_check_of_coupons_has_bounds() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let cases = [
        (json!({ "codes": [] }), "/codes", "out-of-range"),
        (json!({ "codes": vec!["1"; 11] }), "/codes", "too-many"),
        (json!({ "codes": [code, format!("scrip:coupon:{code}")] }), "/codes/1", "invalid-field"),
        (
            json!({ "codes": [code], "order": { "total": yuan(-1) } }),
            "/order/total/amount",
            "amount-not-positive",
        ),
    ];
    for (request, pointer, refusal) in cases {
        let answer = counter.scrip.post(&counter.server, CHECKS, &request).await;
        answer.refused_field("check-coupons", pointer, refusal);
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "time is advanced by more than a minute")]
async fn codes_can_not_be_guessed_by_checking_them() {
    let counter = Counter::open().await;
    let (_, old) = counter.taken(&json!({})).await;
    counter.scrip.advance("PT70M").await;
    for _ in 0..10 {
        let missed =
            counter.server.check_codes(&counter.scrip, &[&old], &order(5_000)).await.expect(200).body;
        assert_eq!(missed["verdicts"][0]["reason"], "code-not-accepted");
    }
    assert_eq!(counter.verify_shown(&old).await, ("refused".to_owned(), json!("code-not-accepted")));
}
