use super::*;
use crate::follow_up::tests::record;
use crate::redemption::Line;
use proptest::prelude::*;
use scrip_coupons::examples::{NOW, coupon, pooled_and_reserved, time};
use scrip_coupons::{RewardFor, Use};

const HOUR: i64 = 3_600_000;

fn used() -> CouponRecord {
    let coupon = pooled_and_reserved();
    CouponRecord {
        place: Place::Redeemed,
        used: Some(Use {
            redemption: "conf_1".into(),
            user: "bob".into(),
            at: NOW,
            deducted: Some(500),
            store: None,
            operator: None,
            from: Place::Pooled,
            reward: Some("cpn_reward".into()),
        }),
        ..coupon
    }
}

fn reward(place: Place) -> CouponRecord {
    let reward_for = RewardFor { redemption: "conf_1".into(), coupon: coupon().id };
    CouponRecord { place, reward_for: Some(reward_for), ..coupon() }
}

fn redeemed(status: RedemptionStatus) -> RedemptionRecord {
    let mut record = record(1);
    record.status = status;
    record.lines[0].status = status;
    record.lines[0].coupon = Some(used().id);
    record
}

fn judged(status: RedemptionStatus, undone: &Undone, window: Window, at: i64) -> Option<Code> {
    judge(&redeemed(status), undone, window, time(at)).err().map(|failure| failure.code().expect("a refusal"))
}

#[test]
fn only_what_is_redeemed_is_taken_back_and_only_in_its_time() {
    let undone = Undone { coupons: vec![used()], rewards: vec![reward(Place::Pooled)] };
    let hours = Window::Hours(24);
    for status in [RedemptionStatus::Redeemed, RedemptionStatus::Rewarded] {
        assert_eq!(judged(status, &undone, hours, NOW + 24 * HOUR - 1), None);
        assert_eq!(judged(status, &undone, hours, NOW + 24 * HOUR), Some(Code::ReversalWindowOver));
    }
    for status in [RedemptionStatus::Accepted, RedemptionStatus::Refused] {
        assert_eq!(judged(status, &undone, hours, NOW), Some(Code::NotRedeemed));
    }
}

#[test]
fn the_day_is_the_merchants() {
    // 16:00:30 UTC: eight hours ahead, a new day has begun.
    let mut coupon = used();
    let evening = |coupon: &CouponRecord, hours: i64| {
        let undone = Undone { coupons: vec![coupon.clone()], rewards: Vec::new() };
        judged(RedemptionStatus::Redeemed, &undone, Window::Day, NOW + hours * HOUR)
    };
    assert_eq!((evening(&coupon, 7), evening(&coupon, 8)), (None, Some(Code::ReversalWindowOver)));
    coupon.terms.day_offset_minutes = 8 * 60;
    assert_eq!((evening(&coupon, 23), evening(&coupon, 24)), (None, Some(Code::ReversalWindowOver)));
}

#[test]
fn a_used_reward_stays() {
    for place in [Place::Held, Place::Pooled, Place::Redeemed] {
        let undone = Undone { coupons: vec![used()], rewards: vec![reward(Place::Held), reward(place)] };
        let expected = (place == Place::Redeemed).then_some(Code::RewardUsed);
        assert_eq!(judged(RedemptionStatus::Rewarded, &undone, Window::Hours(24), NOW), expected);
    }
}

#[test]
fn what_changed_since_it_was_read_is_judged_anew() {
    let other = Use { redemption: "conf_2".into(), ..used().used.unwrap() };
    for coupon in [pooled_and_reserved(), CouponRecord { used: Some(other), ..used() }] {
        let undone = Undone { coupons: vec![coupon], rewards: Vec::new() };
        let judged = judge(&redeemed(RedemptionStatus::Redeemed), &undone, Window::Hours(24), time(NOW));
        assert!(matches!(judged, Err(Failure::Changed(_))), "{judged:?}");
    }
}

#[test]
fn a_coupon_is_as_it_was_but_no_longer_reserved() {
    let before = CouponRecord { reservation: None, ..pooled_and_reserved() };
    assert_eq!(restored(used()).unwrap(), before);
    assert!(matches!(restored(coupon()), Err(Failure::Broken(_))));
    let gone = revoked(pooled_and_reserved());
    assert_eq!((gone.place, gone.pool, gone.pooled, gone.reservation), (Place::Revoked, None, None, None));
}

#[test]
fn the_same_request_finds_its_reversal_and_no_other_does() {
    let reversal = |key: &str, hash: &str| Reversal { key: key.into(), request_hash: hash.into(), at: NOW };
    let record = redeemed(RedemptionStatus::Redeemed);
    assert!(!record.is_reversed_by(&reversal("a", "1")).unwrap());
    let reversed = record.reversed(reversal("a", "1"));
    assert_eq!(reversed.status, RedemptionStatus::Reversed);
    assert!(reversed.is_reversed_by(&reversal("a", "1")).unwrap());
    let refused = |key: &str, hash: &str| reversed.is_reversed_by(&reversal(key, hash)).unwrap_err().code;
    assert_eq!(refused("a", "2"), Code::IdempotencyKeyReused);
    assert_eq!(refused("b", "1"), Code::AlreadyReversed);
}

proptest! {
    #[test]
    fn refused_lines_stay_refused(used in proptest::collection::vec(any::<bool>(), 1..10)) {
        let mut record = record(used.len());
        for (line, is_used) in record.lines.iter_mut().zip(&used) {
            line.status = if *is_used { RedemptionStatus::Rewarded } else { RedemptionStatus::Refused };
        }
        let reversal = Reversal { key: "a".into(), request_hash: "1".into(), at: NOW };
        let reversed = record.reversed(reversal);
        prop_assert!(!reversed.lines.iter().any(Line::is_used));
        for (line, is_used) in reversed.lines.iter().zip(used) {
            prop_assert_eq!(line.status == RedemptionStatus::Reversed, is_used);
        }
    }
}
