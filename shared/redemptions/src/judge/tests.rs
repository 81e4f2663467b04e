use super::*;
use proptest::prelude::*;
use scrip_coupons::examples::{NOW, coupon, pooled_and_reserved, time};
use scrip_coupons::{Terms, Use};
use scrip_money::Currency;
use std::collections::BTreeSet;

const MINUTE: i64 = MINUTE_MILLISECONDS;
const RIGHT: [Shown; 2] = [Shown::Holder, Shown::Reserver];

fn cny(amount: i64) -> Money {
    Money::new(amount, Currency::CNY)
}

fn attempt(total: Option<i64>) -> Attempt<'static> {
    Attempt { merchant: "mch_1", store: Some("s1"), total: total.map(cny), at: time(NOW) }
}

fn judged(coupon: &CouponRecord, shown: Shown, attempt: &Attempt<'_>) -> Result<Judged, Code> {
    judge(coupon, Some(shown), attempt).unwrap()
}

fn with_terms(change: impl Fn(&mut Terms)) -> CouponRecord {
    let mut coupon = coupon();
    change(&mut coupon.terms);
    coupon
}

#[test]
fn a_holder_uses_a_coupon_and_nobody_shared_it() {
    let use_of = |total: Option<i64>| judged(&coupon(), Shown::Holder, &attempt(total));
    let by_alice = |deducted: Option<i64>| {
        Ok(Judged { user: "alice".into(), sharer: None, deducted: deducted.map(cny) })
    };
    assert_eq!(use_of(None), by_alice(None));
    assert_eq!(use_of(Some(2_000)), by_alice(Some(500)));
    assert_eq!(use_of(Some(300)), by_alice(Some(300)));
    assert_eq!(use_of(Some(0)), Err(Code::NotApplicable));
}

#[test]
fn a_contact_uses_what_another_shared() {
    let used = judged(&pooled_and_reserved(), Shown::Reserver, &attempt(Some(2_000)));
    let bob = Judged { user: "bob".into(), sharer: Some("alice".into()), deducted: Some(cny(500)) };
    assert_eq!(used, Ok(bob));
}

#[test]
fn who_shows_nothing_learns_nothing() {
    let used = CouponRecord { place: Place::Redeemed, ..coupon() };
    for coupon in [coupon(), pooled_and_reserved(), used] {
        assert_eq!(judge(&coupon, None, &attempt(None)).unwrap(), Err(Code::CodeNotAccepted));
        let elsewhere = Attempt { merchant: "mch_2", ..attempt(None) };
        for shown in RIGHT {
            assert_eq!(judged(&coupon, shown, &elsewhere), Err(Code::CodeNotAccepted));
        }
    }
}

#[test]
fn a_pooled_coupon_is_for_who_has_reserved_it_and_only_for_so_long() {
    let coupon = pooled_and_reserved();
    let at = |at: i64| Attempt { at: time(at), ..attempt(None) };
    assert_eq!(judged(&coupon, Shown::Holder, &at(NOW)), Err(Code::CouponPooled));
    assert!(judged(&coupon, Shown::Reserver, &at(NOW + 15 * MINUTE - 1)).is_ok());
    assert_eq!(judged(&coupon, Shown::Reserver, &at(NOW + 15 * MINUTE)), Err(Code::ReservationLapsed));
    let withdrawn = CouponRecord { place: Place::Held, ..coupon };
    assert_eq!(judged(&withdrawn, Shown::Reserver, &at(NOW)), Err(Code::ReservationLapsed));
    assert!(judged(&withdrawn, Shown::Holder, &at(NOW)).is_ok());
}

#[test]
fn a_coupon_has_its_time() {
    let coupon = coupon();
    let (from, until) = (coupon.terms.valid_from, coupon.terms.valid_until);
    let at = |at: i64| judged(&coupon, Shown::Holder, &Attempt { at: time(at), ..attempt(None) }).err();
    assert_eq!((at(from - 1), at(from)), (Some(Code::NotYetValid), None));
    assert_eq!((at(until - 1), at(until)), (None, Some(Code::Expired)));
}

#[test]
fn a_coupon_has_its_stores() {
    let coupon = with_terms(|terms| terms.stores = BTreeSet::from(["s1".to_owned(), "s2".to_owned()]));
    let of = |store| judged(&coupon, Shown::Holder, &Attempt { store, ..attempt(None) }).err();
    assert_eq!((of(Some("s2")), of(Some("s3"))), (None, Some(Code::WrongStore)));
    assert_eq!(of(None), None, "a third party's server stands in no store");
}

#[test]
fn what_depends_on_the_order_needs_one() {
    let least = with_terms(|terms| terms.order_minimum = Some(1_000));
    let of = |coupon: &CouponRecord, total| judged(coupon, Shown::Holder, &attempt(total)).err();
    assert_eq!(of(&least, None), Some(Code::OrderRequired));
    assert_eq!(of(&least, Some(999)), Some(Code::OrderBelowMinimum));
    assert_eq!(of(&least, Some(1_000)), None);
    assert_eq!(of(&with_terms(|terms| terms.has_budget = true), None), Some(Code::OrderRequired));
    let yen = Attempt { total: Some(Money::new(1_000, Currency::JPY)), ..attempt(None) };
    assert_eq!(judged(&coupon(), Shown::Holder, &yen), Err(Code::CurrencyMismatch));
}

#[test]
fn what_takes_nothing_off_is_not_used() {
    let threshold = with_terms(|terms| {
        terms.benefit = r#"{"effect":{"percentage":"10"},"conditions":
            {"threshold":{"amount":5000,"currency":"CNY"}}}"#
            .into();
    });
    let of = |total| judged(&threshold, Shown::Holder, &attempt(Some(total)));
    assert_eq!(of(4_999), Err(Code::NotApplicable));
    assert_eq!(of(5_000).unwrap().deducted, Some(cny(500)));
}

#[test]
fn terms_that_are_no_rule_are_a_fault() {
    let broken = with_terms(|terms| terms.benefit = "{".into());
    assert!(matches!(judge(&broken, Some(Shown::Holder), &attempt(Some(100))), Err(Failure::Broken(_))));
}

#[test]
fn ten_wrong_codes_lock_a_coupon_for_a_while() {
    let mut coupon = coupon();
    for miss in 0..MAX_CODE_MISSES {
        assert!(judged(&coupon, Shown::Holder, &attempt(None)).is_ok(), "after {miss}");
        coupon = with_miss(&coupon, time(NOW)).unwrap();
    }
    let locked = |at: i64| {
        judged(&coupon, Shown::Holder, &Attempt { at: time(at), ..attempt(None) })
            == Err(Code::CodeNotAccepted)
    };
    assert!(locked(NOW) && locked(NOW + 15 * MINUTE - 1));
    assert!(!locked(NOW + 15 * MINUTE));
    assert_eq!(with_miss(&coupon, time(NOW + MINUTE)), None, "a locked coupon does not stay locked for more");
    let later = with_miss(&coupon, time(NOW + 15 * MINUTE)).unwrap();
    assert_eq!((later.misses, later.missed_at), (1, Some(NOW + 15 * MINUTE)));
}

/// All that can stand against a use, each by itself, in the order in which it is told.
fn objectionable(flaws: [bool; 9]) -> (CouponRecord, Attempt<'static>, Vec<Code>) {
    let [currency, place, lapsed, expired, early, elsewhere, minimum, small, useless] = flaws;
    let (mut coupon, mut attempt) = (pooled_and_reserved(), attempt(Some(2_000)));
    let mut codes = Vec::new();
    let mut flaw = |applies: bool, code: Code| applies.then(|| codes.push(code));
    if flaw(currency, Code::CurrencyMismatch).is_some() {
        attempt.total = Some(Money::new(2_000, Currency::JPY));
    }
    if flaw(place, Code::AlreadyRedeemed).is_some() {
        coupon.place = Place::Redeemed;
        coupon.used = Some(Use {
            redemption: "vfy_1".into(),
            user: "bob".into(),
            at: NOW,
            deducted: None,
            store: None,
            operator: None,
            from: Place::Pooled,
            reward: None,
        });
    }
    if flaw(lapsed, Code::ReservationLapsed).is_some() {
        coupon.reservation.as_mut().unwrap().until = NOW;
    }
    if flaw(expired, Code::Expired).is_some() {
        coupon.terms.valid_until = NOW;
    }
    if flaw(early, Code::NotYetValid).is_some() {
        coupon.terms.valid_from = NOW + 1;
    }
    if flaw(elsewhere, Code::WrongStore).is_some() {
        coupon.terms.stores = BTreeSet::from(["s9".to_owned()]);
    }
    if flaw(minimum && !currency, Code::OrderRequired).is_some() {
        (attempt.total, coupon.terms.has_budget) = (None, true);
    }
    if flaw(small && !minimum, Code::OrderBelowMinimum).is_some() {
        coupon.terms.order_minimum = Some(2_001);
    }
    if flaw(useless && !minimum, Code::NotApplicable).is_some() {
        coupon.terms.benefit = r#"{"effect":{"free_units":{"buy":1,"get":1}}}"#.into();
    }
    (coupon, attempt, codes)
}

proptest! {
    #[test]
    fn of_several_objections_the_first_is_told(flaws: [bool; 9]) {
        let (coupon, attempt, codes) = objectionable(flaws);
        let told = judged(&coupon, Shown::Reserver, &attempt).err();
        prop_assert_eq!(told, codes.first().copied());
        prop_assert!(codes.is_sorted(), "the order is that of the codes: {:?}", codes);
    }

    #[test]
    fn what_is_taken_off_is_above_zero_and_not_above_the_order(total in 1_i64..1_000_000) {
        let deducted = judged(&coupon(), Shown::Holder, &attempt(Some(total))).unwrap().deducted.unwrap();
        prop_assert!(deducted.amount > 0 && deducted.amount <= total.min(500));
    }

    #[test]
    fn a_guesser_has_ten_tries_in_a_quarter_of_an_hour(pauses in proptest::collection::vec(0_i64..20, 1..200)) {
        let (mut coupon, mut at) = (coupon(), NOW);
        let mut judged_at = Vec::new();
        for pause in pauses {
            at += pause * MINUTE;
            if let Some(missed) = with_miss(&coupon, time(at)) {
                coupon = missed;
                judged_at.push(at);
            }
        }
        let most = usize::try_from(MAX_CODE_MISSES).unwrap();
        for window in judged_at.windows(most + 1) {
            prop_assert!(window[most] - window[0] >= CODE_LOCK_MINUTES * MINUTE, "{window:?}");
        }
    }
}
