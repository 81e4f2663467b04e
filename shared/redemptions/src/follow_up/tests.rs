use super::*;
use crate::redemption::UsedOn;
use crate::reward::RewardOutcome;
use crate::tell::ToldOutcome;
use crate::tests::{keyring, redemptions};
use proptest::prelude::*;
use scrip_coupons::examples::{NOW, coupon, time};
use scrip_money::{Currency, Money};
use serde_json::json;

/// A confirmation of an order of ten yuan with so many codes, received now.
pub(crate) fn record(lines: usize) -> RedemptionRecord {
    let line = Line {
        code: Some("sealed".into()),
        coupon: None,
        status: RedemptionStatus::Accepted,
        reason: None,
        deducted: None,
        user: None,
        sharer: None,
        reward: None,
    };
    RedemptionRecord {
        id: "conf_1".into(),
        merchant: "mch_1".into(),
        status: RedemptionStatus::Accepted,
        lines: vec![line; lines],
        order: Some(UsedOn { reference: Some("o-1".into()), total: Some(Money::new(1_000, Currency::CNY)) }),
        store: None,
        operator: None,
        found: None,
        reward_campaign: None,
        at: NOW,
        verified_for: None,
        verified: None,
        reversal: None,
        version: 1,
        request_hash: "hash".into(),
        cause: "r1".into(),
        workflow: None,
        slot: None,
    }
}

/// Who uses the coupon; or whether it is named, whether that is a miss, and why.
fn told(
    record: &RedemptionRecord,
    coupon: &CouponRecord,
    shown_at: i64,
) -> Result<String, (bool, bool, Code)> {
    let code = Some(CouponCode::of_holder(coupon, &keyring(), time(shown_at)));
    let presented = Presented { index: 0, code, coupon: Some(coupon.clone()) };
    match redemptions().verdict(record, presented).unwrap() {
        Verdict::Used(_, judged) => Ok(judged.user),
        Verdict::Refused { coupon, is_miss, reason } => Err((coupon.is_some(), is_miss, reason)),
    }
}

#[test]
fn a_confirmed_code_counts_that_was_shown_up_to_an_hour_before() {
    let minute = 60_000;
    let told = |shown_at| told(&record(1), &coupon(), shown_at);
    assert_eq!((told(NOW), told(NOW - 60 * minute)), (Ok("alice".into()), Ok("alice".into())));
    for shown_at in [NOW - 62 * minute, NOW + 2 * minute] {
        assert_eq!(told(shown_at), Err((true, true, Code::CodeNotAccepted)));
    }
}

#[test]
fn a_confirmed_code_is_judged_by_its_coupon_and_by_what_is_left_of_the_order() {
    let elsewhere = RedemptionRecord { merchant: "mch_2".into(), ..record(1) };
    assert_eq!(told(&elsewhere, &coupon(), NOW), Err((false, false, Code::CodeNotAccepted)));
    let mut expired = coupon();
    expired.terms.valid_until = NOW;
    assert_eq!(told(&record(1), &expired, NOW), Err((true, false, Code::Expired)));
    let with_taken = |deducted| {
        let mut record = record(2);
        record.lines[0].deducted = Some(deducted);
        record
    };
    assert_eq!(told(&with_taken(500), &coupon(), NOW), Ok("alice".into()));
    assert_eq!(told(&with_taken(501), &coupon(), NOW), Err((true, false, Code::NotApplicable)));
}

fn judged(deducted: i64) -> Judged {
    let deducted = Some(Money::new(deducted, Currency::CNY));
    Judged { user: "bob".into(), sharer: Some("alice".into()), deducted }
}

proptest! {
    /// In whatever order its lines are judged, it waits for the last one, and then it is what they are.
    #[test]
    fn a_confirmation_is_judged_when_all_its_codes_are(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        used in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let mut record = record(6);
        for index in &order {
            prop_assert_eq!(record.status, RedemptionStatus::Accepted);
            let status = if used[*index] { RedemptionStatus::Redeemed } else { RedemptionStatus::Refused };
            record = record.with_line(*index, |line| line.status = status);
            prop_assert_eq!(&record.lines[*index].code, &None);
        }
        let is_redeemed = used.contains(&true);
        let expected = if is_redeemed { RedemptionStatus::Redeemed } else { RedemptionStatus::Refused };
        prop_assert_eq!(record.status, expected);
    }

    #[test]
    fn coupons_never_take_off_more_than_the_order_comes_to(
        deductions in proptest::collection::vec(1_i64..900, 1..10),
    ) {
        let mut record = record(deductions.len());
        for (index, deducted) in deductions.iter().enumerate() {
            let taken: i64 = record.lines.iter().filter_map(|line| line.deducted).sum();
            let takes = record.takes(&judged(*deducted));
            prop_assert_eq!(takes, taken + deducted <= 1_000);
            if takes {
                record = record.with_line(index, |line| line.deducted = Some(*deducted));
            }
        }
    }
}

/// The machine chooses by these words.
#[test]
fn outcomes_are_told_in_the_machines_words() {
    for (outcome, word) in [
        (RedeemOutcome::Redeemed, "redeemed"),
        (RedeemOutcome::Refused, "refused"),
        (RedeemOutcome::Ended, "ended"),
    ] {
        assert_eq!(serde_json::to_value(Followed { outcome }).unwrap(), json!({ "outcome": word }));
    }
    for (outcome, word) in [
        (RewardOutcome::Rewarded, "rewarded"),
        (RewardOutcome::Unrewarded, "unrewarded"),
        (RewardOutcome::Ended, "ended"),
    ] {
        assert_eq!(serde_json::to_value(Followed { outcome }).unwrap(), json!({ "outcome": word }));
    }
    for (outcome, word) in [
        (ToldOutcome::Rewarded, "rewarded"),
        (ToldOutcome::Redeemed, "redeemed"),
        (ToldOutcome::Refused, "refused"),
        (ToldOutcome::Ended, "ended"),
    ] {
        assert_eq!(serde_json::to_value(Followed { outcome }).unwrap(), json!({ "outcome": word }));
    }
}
