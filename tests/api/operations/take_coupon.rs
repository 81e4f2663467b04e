use scrip_test_support::coupons::yuan;
use scrip_test_support::{Scrip, fresh_key};
use serde_json::json;

#[tokio::test]
async fn a_coupon_promises_what_its_campaign_says() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let campaign = shop.campaign(&scrip, &json!({ "order_minimum": yuan(2_000) })).await;
    let alice = scrip.user("alice").await;
    let key = fresh_key();
    let taken = alice.take_keyed(&scrip, &key, &campaign).await.expect(201);
    assert_eq!((&taken.body["status"], &taken.body["merchant"]), (&json!("held"), &json!(shop.id)));
    assert_eq!(taken.body["order_minimum"], yuan(2_000));
    let again = alice.take_keyed(&scrip, &key, &campaign).await.expect(201);
    assert_eq!((&again.body, again.is_replay()), (&taken.body, true));
    assert_eq!(alice.coupon(&scrip, &taken.text("id")).await.expect(200).body, taken.body);
}

#[tokio::test]
async fn the_last_coupons_are_found_wherever_they_lie() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    for quantity in [1_u32, 3, 17] {
        let campaign = shop.campaign(&scrip, &json!({ "quantity": quantity, "per_user": 1 })).await;
        for n in 0..quantity {
            scrip.user(&format!("user-{n}")).await.taken(&scrip, &campaign).await;
        }
        let late = scrip.user("late").await.take(&scrip, &campaign).await;
        late.refused("take-coupon", 422, "sold-out");
        let first = scrip.user("user-0").await.take(&scrip, &campaign).await;
        first.refused("take-coupon", 422, "limit-exceeded");
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs the test clock")]
async fn a_user_takes_so_many_coupons_on_a_day_of_the_merchant() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let terms = json!({ "per_user": 3, "per_day": 1, "valid_until": "2035-01-01T00:00:00Z" });
    let campaign = shop.campaign(&scrip, &terms).await;
    for day in 0..3 {
        let alice = scrip.user("alice").await;
        alice.taken(&scrip, &campaign).await;
        alice.take(&scrip, &campaign).await.refused("take-coupon", 422, "limit-exceeded");
        assert!(day < 3);
        scrip.advance("PT24H").await;
    }
    let alice = scrip.user("alice").await;
    alice.take(&scrip, &campaign).await.refused("take-coupon", 422, "limit-exceeded");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it needs the test clock")]
async fn a_coupon_is_taken_before_it_counts_but_not_after() {
    let scrip = Scrip::start().await;
    let shop = scrip.shop("bob", "CNY").await;
    let from = scrip.now().await + scrip_clock::SignedDuration::from_hours(1);
    let until = from + scrip_clock::SignedDuration::from_hours(1);
    let terms = json!({ "valid_from": from.to_string(), "valid_until": until.to_string() });
    let campaign = shop.campaign(&scrip, &terms).await;
    scrip.user("alice").await.taken(&scrip, &campaign).await;
    scrip.advance("PT2H").await;
    let late = scrip.user("alice").await.take(&scrip, &campaign).await;
    late.refused("take-coupon", 422, "expired");
}
