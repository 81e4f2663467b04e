//! Verifications: what the counter waits for.

use scrip_test_support::coupons::{Club, STORE, order, yuan};
use scrip_test_support::{Scrip, Shop, User};
use serde_json::json;

/// What a verification takes: round trips, and write units of tables.
const OF_A_HELD_COUPON: (u64, u64) = (2, 4);
const WITH_A_BUDGET: (u64, u64) = (2, 6);
const OF_A_SHARED_COUPON: (u64, u64) = (2, 6);
/// What only the write finds out is stored by another one.
const REFUSED_BY_THE_WRITE: (u64, u64) = (4, 2);

async fn shown(scrip: &Scrip, shop: &Shop, holder: &User, terms: &serde_json::Value) -> String {
    let campaign = shop.campaign(scrip, terms).await;
    let coupon = holder.taken(scrip, &campaign).await;
    holder.code(scrip, &coupon).await
}

pub(super) async fn every_operation(scrip: &Scrip) {
    let shop = scrip.shop("vera", "CNY").await;
    let olga = shop.operator(scrip, "olga", &[STORE]).await;
    let server = shop.device(scrip, "server").await;
    let hanna = scrip.user("hanna").await;
    let code = shown(scrip, &shop, &hanna, &json!({})).await;
    server.check_codes(scrip, &[&code], &order(5_000)).await.expect(200);
    let used = olga.verify_order(scrip, STORE, &code, 5_000).await.expect(201);
    assert_eq!(used.text("verdict"), "accepted");
    shop.verifications(scrip, &olga, "").await.expect(200);
    let day = &used.text("at")[..10];
    scrip.raw(reqwest::Method::GET, "/v1/service-page/config.json", &[], Vec::new()).await.expect(200);
    let export = format!("/v1/merchants/{}/verifications/export?from={day}&to={day}", shop.id);
    scrip.get(&olga, &export).await.expect(200);
}

/// Ways that do something to a table that the usual way does not: a budget, a contact, a wrong code.
pub(super) async fn every_other_way(scrip: &Scrip) {
    let shop = scrip.shop("wanda", "CNY").await;
    let [olga, hanna] = [shop.operator(scrip, "olga", &[STORE]).await, scrip.user("hanna").await];
    let server = shop.device(scrip, "server").await;
    let friend = scrip.user("frieda").await;
    scrip_test_support::coupons::befriend(scrip, &hanna, &friend).await;
    let code = shown(scrip, &shop, &hanna, &json!({ "budget": yuan(9_000) })).await;
    server.check_codes(scrip, &[&code], &order(5_000)).await.expect(200);
    olga.verify_order(scrip, STORE, &code, 5_000).await.expect(201);

    let campaign = shop.campaign(scrip, &json!({})).await;
    let coupon = hanna.taken(scrip, &campaign).await;
    let right = hanna.code(scrip, &coupon).await;
    let body = format!("{}{}", &right[..10], if &right[10..17] == "0000000" { "1111111" } else { "0000000" });
    let wrong = format!("{body}{}", char::from(scrip_secure_code::check_digit(&body)));
    server.check_codes(scrip, &[&wrong], &order(5_000)).await.expect(200);
    hanna.share(scrip, &coupon).await.expect(201);
    let reserved = friend.reserve(scrip, &hanna.id, &coupon).await.expect(201).text("code");
    server.check_codes(scrip, &[&reserved], &order(5_000)).await.expect(200);
    olga.verify(scrip, STORE, &reserved).await.expect(201);
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it reads the embedded platform's log")]
async fn a_verification_takes_two_round_trips_and_few_units() {
    let club = Club::open().await;
    let (scrip, olga) = (&club.scrip, &club.olga);
    let cases = [
        (shown(scrip, &club.shop, &club.alice, &json!({})).await, "accepted", OF_A_HELD_COUPON),
        (
            shown(scrip, &club.shop, &club.alice, &json!({ "budget": yuan(9_000) })).await,
            "accepted",
            WITH_A_BUDGET,
        ),
        (
            shown(scrip, &club.shop, &club.alice, &json!({ "budget": yuan(999) })).await,
            "refused",
            REFUSED_BY_THE_WRITE,
        ),
        (club.reserved().await.code, "accepted", OF_A_SHARED_COUPON),
    ];
    for (code, verdict, (round_trips, write_units)) in cases {
        assert_eq!(olga.verify_order(scrip, STORE, &code, 5_000).await.expect(201).text("verdict"), verdict);
        let invocations = scrip.log().invocations();
        let last = invocations.iter().rfind(|one| one.operation == "verify-coupon").expect("a verification");
        assert!(last.round_trips <= round_trips && last.write_half_units <= write_units * 2, "{last:#?}");
    }
}
