use super::coupon_counter::Counter;
use scrip_test_support::coupons::{STORE, verification, yuan};
use serde_json::json;

#[tokio::test]
async fn an_export_is_csv_that_calculates_nothing() {
    let counter = Counter::open().await;
    let (coupon, code) = counter.taken(&json!({ "name": "Ten \"off\", today" })).await;
    let order = json!({ "order": { "reference": "=1+1", "total": yuan(5_000) } });
    let used = counter.olga.verify_with(&counter.scrip, &verification(STORE, &code, &order)).await;
    let used = used.expect(201).body;
    let at = used["at"].as_str().unwrap();
    let path =
        format!("/v1/merchants/{}/verifications/export?from={d}&to={d}", counter.shop.id, d = &at[..10]);
    let export = counter.scrip.get(&counter.shop.owner, &path).await.expect(200);

    assert_eq!(export.headers["content-type"], "text/csv");
    let text = export.body.as_str().unwrap();
    let rows: Vec<_> = text.split("\r\n").collect();
    assert!(rows[0].starts_with("id,at,store,operator,verdict,status,reason,coupon,"), "{text}");
    let [id, campaign] = [&used["id"], &used["coupon"]["campaign"]].map(|text| text.as_str().unwrap());
    let name = "\"Ten \"\"off\"\", today\"";
    let expected = format!(
        "{id},{at},{STORE},{},accepted,redeemed,,{coupon},{campaign},{name},'=1+1,5000,1000,CNY,",
        counter.olga.id
    );
    assert_eq!((rows[1], rows[2], rows.len()), (expected.as_str(), "", 3));

    let empty = counter.scrip.get(&counter.olga, &format!("{path}&store=s9")).await.expect(200);
    assert_eq!(empty.body.as_str().unwrap().lines().count(), 1);
}

#[tokio::test]
async fn an_export_is_of_a_bounded_period_and_for_the_merchants_people() {
    let counter = Counter::open().await;
    let path = format!("/v1/merchants/{}/verifications/export", counter.shop.id);
    let ask = async |query: &str| counter.scrip.get(&counter.olga, &format!("{path}{query}")).await;
    ask("?to=2026-11-24").await.refused_field("export-verifications", "/from", "missing-field");
    ask("?from=2026-11-24").await.refused_field("export-verifications", "/to", "missing-field");
    let long = ask("?from=2026-10-01&to=2026-11-01").await;
    long.refused_field("export-verifications", "/to", "out-of-range");
    let path = format!("{path}?from=2026-11-24&to=2026-11-24");
    counter.scrip.get(&counter.holder, &path).await.refused("export-verifications", 404, "not-found");
}
