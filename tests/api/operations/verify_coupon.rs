use super::coupon_counter::Counter;
use scrip_test_support::coupons::{STORE, code_of_nothing, order, percent, verification, yuan};
use scrip_test_support::fresh_key;
use serde_json::{Value, json};

#[tokio::test]
async fn a_coupon_is_worth_what_it_says_and_used_once() {
    let counter = Counter::open().await;
    let (coupon, code) = counter.taken(&json!({})).await;

    let used = counter.olga.verify_order(&counter.scrip, STORE, &code, 5_000).await.expect(201).body;
    assert_eq!((&used["verdict"], &used["reason"]), (&json!("accepted"), &Value::Null));
    assert_eq!((&used["coupon"]["id"], &used["coupon"]["name"]), (&json!(coupon), &json!("Ten off")));
    assert_eq!(used["coupon"]["status"], "redeemed");
    assert_eq!(used["benefit"]["deduction"], yuan(1_000));
    assert_eq!(used["benefit"]["rule"]["effect"]["amount"], yuan(1_000));
    assert_eq!((&used["store"], &used["operator"]), (&json!(STORE), &json!(counter.olga.id)));

    let again = counter.olga.verify(&counter.scrip, STORE, &code).await.expect(201).body;
    assert_eq!((&again["verdict"], &again["reason"]), (&json!("refused"), &json!("already-redeemed")));
    let redeemed = json!({
        "at": used["at"], "store": STORE, "operator": counter.olga.id, "verification": used["id"],
    });
    assert_eq!((&again["redeemed"], &again["coupon"]["id"]), (&redeemed, &json!(coupon)));
    assert_eq!(again["benefit"]["deduction"], Value::Null);
}

#[tokio::test]
async fn a_scan_that_is_sent_again_is_one_verification() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let (key, request) = (fresh_key(), verification(STORE, &code, &json!({ "order": order(2_000) })));
    let send = || counter.olga.verify_keyed(&counter.scrip, &key, &request);
    let (first, second) = (send().await.expect(201), send().await.expect(201));
    assert_eq!((first.is_replay(), second.is_replay()), (false, true));
    assert_eq!(first.body, second.body);
    let other = verification(STORE, &code, &json!({}));
    let other = counter.olga.verify_keyed(&counter.scrip, &key, &other).await;
    other.refused("verify-coupon", 422, "idempotency-key-reused");

    // A refused scan is one, too.
    let key = fresh_key();
    let refused = counter.olga.verify_keyed(&counter.scrip, &key, &request).await.expect(201);
    assert_eq!(refused.body["reason"], "already-redeemed");
    let again = counter.olga.verify_keyed(&counter.scrip, &key, &request).await.expect(201);
    assert_eq!((again.is_replay(), again.body), (true, refused.body));
}

#[tokio::test]
async fn a_code_may_be_typed_or_scanned_and_a_wrong_one_tells_nothing() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let mut misread = code.clone().into_bytes();
    misread[12] = b'0' + (misread[12] - b'0' + 1) % 10;
    let misread = String::from_utf8(misread).unwrap();
    for wrong in [misread.as_str(), "abc", "123", &code_of_nothing()] {
        let refused = counter.olga.verify(&counter.scrip, STORE, wrong).await.expect(201).body;
        assert_eq!(
            (&refused["verdict"], &refused["reason"]),
            (&json!("refused"), &json!("code-not-accepted"))
        );
        for member in ["coupon", "benefit", "redeemed"] {
            assert_eq!(refused[member], Value::Null, "{wrong}");
        }
    }
    let grouped = format!("{} {}-{}", &code[..6], &code[6..12], &code[12..]);
    let used = counter.olga.verify(&counter.scrip, STORE, &grouped).await.expect(201).body;
    assert_eq!(used["verdict"], "accepted");
    let qr = format!("scrip:coupon:{code}");
    let again = counter.olga.verify(&counter.scrip, STORE, &qr).await.expect(201).body;
    assert_eq!(again["reason"], "already-redeemed");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "advances the clock")]
async fn a_scan_that_was_kept_counts_as_of_when_it_was_made() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let scanned_at = counter.scrip.now().await;
    let send = async |scanned_at: Option<scrip_clock::Timestamp>| {
        let more = scanned_at.map_or(json!({}), |at| json!({ "scanned_at": at.to_string() }));
        let request = verification(STORE, &code, &more);
        counter.olga.verify_with(&counter.scrip, &request).await.expect(201).body
    };

    counter.scrip.advance("PT30M").await;
    assert_eq!(send(None).await["reason"], "code-not-accepted");
    // A clock that is ahead is taken for one that is right.
    let ahead = scanned_at + scrip_clock::SignedDuration::from_hours(2);
    assert_eq!(send(Some(ahead)).await["reason"], "code-not-accepted");
    assert_eq!(send(Some(scanned_at)).await["verdict"], "accepted");
    assert_eq!(send(Some(scanned_at)).await["reason"], "already-redeemed");
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "advances the clock")]
async fn a_scan_counts_for_an_hour_at_most() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let scanned_at = counter.scrip.now().await;
    counter.scrip.advance("PT63M").await;
    let request = verification(STORE, &code, &json!({ "scanned_at": scanned_at.to_string() }));
    let olga = counter.scrip.user("olga").await;
    let refused = olga.verify_with(&counter.scrip, &request).await.expect(201).body;
    assert_eq!(refused["reason"], "code-not-accepted");
}

#[tokio::test]
async fn what_speaks_against_a_use_is_told_and_uses_nothing() {
    let counter = Counter::open().await;
    let mut threshold = percent("10");
    threshold["conditions"] = json!({ "threshold": yuan(101) });
    let cases = [
        (json!({ "stores": ["s9"] }), json!({}), "wrong-store"),
        (json!({ "order_minimum": yuan(3_000) }), json!({}), "order-required"),
        (json!({ "order_minimum": yuan(3_000) }), json!({ "order": order(2_999) }), "order-below-minimum"),
        (json!({}), json!({ "order": { "total": { "amount": 1, "currency": "JPY" } } }), "currency-mismatch"),
        (json!({ "benefit": threshold }), json!({ "order": order(100) }), "not-applicable"),
        (json!({ "budget": yuan(999) }), json!({ "order": order(2_000) }), "budget-exhausted"),
    ];
    for (terms, more, reason) in cases {
        let (coupon, code) = counter.taken(&terms).await;
        let request = verification(STORE, &code, &more);
        let refused = counter.olga.verify_with(&counter.scrip, &request).await.expect(201).body;
        assert_eq!((&refused["verdict"], &refused["reason"]), (&json!("refused"), &json!(reason)));
        assert_eq!(
            (&refused["coupon"]["id"], &refused["coupon"]["status"]),
            (&json!(coupon), &json!("held"))
        );
        assert_eq!(refused["benefit"]["deduction"], Value::Null);
    }
}

#[tokio::test]
async fn only_an_operator_of_the_store_verifies_in_it() {
    let counter = Counter::open().await;
    let (_, code) = counter.taken(&json!({})).await;
    let request = verification(STORE, &code, &json!({}));
    for stranger in [&counter.holder, &counter.shop.owner] {
        let answer = counter.scrip.post(stranger, "/v1/verifications", &request).await;
        answer.refused("verify-coupon", 403, "wrong-role");
    }
    let elsewhere = counter.olga.verify(&counter.scrip, "s2", &code).await;
    elsewhere.refused("verify-coupon", 403, "wrong-role");

    // Another merchant's operator learns nothing of it, and what she types locks nobody's coupon.
    let other = counter.scrip.shop("rita", "CNY").await;
    let pia = counter.operator(&other, "pia", &[STORE]).await;
    for _ in 0..11 {
        let refused = pia.verify(&counter.scrip, STORE, &code).await.expect(201).body;
        assert_eq!((&refused["reason"], &refused["coupon"]), (&json!("code-not-accepted"), &Value::Null));
        assert_eq!(refused["merchant"], other.id);
    }
    let named = verification(STORE, &code, &json!({ "merchant": counter.shop.id }));
    pia.verify_with(&counter.scrip, &named).await.refused("verify-coupon", 403, "wrong-role");
    assert_eq!(
        counter.olga.verify(&counter.scrip, STORE, &code).await.expect(201).body["verdict"],
        "accepted"
    );
}

#[tokio::test]
async fn an_operator_of_several_merchants_names_one_where_the_code_does_not() {
    let counter = Counter::open().await;
    let other = counter.scrip.shop("rita", "CNY").await;
    counter.operator(&other, "olga", &[STORE]).await;
    let (_, code) = counter.taken(&json!({})).await;
    let nothing = counter.olga.verify(&counter.scrip, STORE, &code_of_nothing()).await;
    nothing.refused_field("verify-coupon", "/merchant", "missing-field");
    let named = verification(STORE, &code_of_nothing(), &json!({ "merchant": other.id }));
    let refused = counter.olga.verify_with(&counter.scrip, &named).await.expect(201).body;
    assert_eq!((&refused["reason"], &refused["merchant"]), (&json!("code-not-accepted"), &json!(other.id)));
    let used = counter.olga.verify(&counter.scrip, STORE, &code).await.expect(201).body;
    assert_eq!((&used["verdict"], &used["merchant"]), (&json!("accepted"), &json!(counter.shop.id)));
}

#[tokio::test]
async fn a_verification_of_a_coupon_has_bounds() {
    let counter = Counter::open().await;
    let cases = [
        (json!({ "code": "" }), "/code", "out-of-range"),
        (json!({ "code": "1".repeat(65) }), "/code", "out-of-range"),
        (json!({ "store": " s1" }), "/store", "invalid-field"),
        (json!({ "merchant": "mch_1" }), "/merchant", "invalid-field"),
        (json!({ "order": { "total": yuan(0) } }), "/order/total/amount", "amount-not-positive"),
        (json!({ "order": { "total": yuan(1), "reference": "" } }), "/order/reference", "out-of-range"),
    ];
    for (more, pointer, code) in cases {
        let request = verification(STORE, &code_of_nothing(), &more);
        let answer = counter.olga.verify_with(&counter.scrip, &request).await;
        answer.refused_field("verify-coupon", pointer, code);
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "time is advanced by more than a minute")]
async fn ten_wrong_codes_lock_a_coupon_for_a_quarter_of_an_hour() {
    let counter = Counter::open().await;
    let (_, old) = counter.taken(&json!({})).await;
    counter.scrip.advance("PT5M").await;
    for _ in 0..10 {
        let olga = counter.scrip.user("olga").await;
        let missed = olga.verify(&counter.scrip, STORE, &old).await.expect(201).body;
        assert_eq!(missed["reason"], "code-not-accepted");
    }
    let (verified, locked) = counter.verify_shown(&old).await;
    assert_eq!((verified, locked), ("refused".to_owned(), json!("code-not-accepted")));
    counter.scrip.advance("PT15M").await;
    assert_eq!(counter.verify_shown(&old).await, ("accepted".to_owned(), Value::Null));
}
