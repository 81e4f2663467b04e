use super::*;
use crate::tests::cny;
use crate::verdict::Verdict;
use scrip_coupons::examples::{NOW, coupon, pooled_and_reserved, time};
use scrip_coupons::{Place, Reward, RewardTo, Use};
use scrip_directory::Membership;
use scrip_money::Currency;
use scrip_store::{Fingerprint, IdempotencyKey};

const MINUTE: i64 = 60_000;

fn new() -> NewVerification {
    NewVerification {
        code: "204615873493827164".into(),
        store: "s1".into(),
        order: Some(VerifiedOrder { reference: Some("o-1".into()), total: cny(2_000) }),
        scanned_at: None,
        merchant: None,
    }
}

fn origin() -> Origin {
    Origin {
        principal: "user:olga".into(),
        operation: "verify-coupon".into(),
        key: IdempotencyKey::internal("1"),
        fingerprint: Fingerprint::of(&[b"request"]),
    }
}

fn drafted() -> RedemptionRecord {
    let origin = origin();
    let verifier = Verifier { operator: "olga", origin: &origin, cause: "r1" };
    let attempt = Attempt { merchant: "mch_1", store: Some("s1"), total: Some(cny(2_000)), at: time(NOW) };
    draft("vfy_1", verifier, &new(), &attempt)
}

fn used() -> CouponRecord {
    let earlier = Use {
        redemption: "vfy_0".into(),
        user: "alice".into(),
        at: NOW - MINUTE,
        deducted: Some(500),
        store: Some("s2".into()),
        operator: Some("otto".into()),
        from: Place::Held,
        reward: None,
    };
    CouponRecord { place: Place::Redeemed, used: Some(earlier), ..coupon() }
}

#[test]
fn what_is_no_verification_is_refused_where_it_stands() {
    let refused = |new: &NewVerification| {
        let refusal = new.check().err()?;
        Some((refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    };
    let order = |reference: &str, total: i64| {
        Some(VerifiedOrder { reference: Some(reference.into()), total: cny(total) })
    };
    assert_eq!(refused(&new()), None);
    assert_eq!(
        refused(&NewVerification { merchant: Some(scrip_store::derive_id("mch_", &["a"])), ..new() }),
        None
    );
    for (new, pointer, code) in [
        (NewVerification { code: String::new(), ..new() }, "/code", Code::OutOfRange),
        (NewVerification { store: String::new(), ..new() }, "/store", Code::OutOfRange),
        (NewVerification { order: order("", 1), ..new() }, "/order/reference", Code::OutOfRange),
        (NewVerification { order: order("o", 0), ..new() }, "/order/total/amount", Code::AmountNotPositive),
        (NewVerification { merchant: Some("cpn_1".into()), ..new() }, "/merchant", Code::InvalidField),
    ] {
        assert_eq!(refused(&new), Some((pointer.to_owned(), code)));
    }
}

#[test]
fn a_scan_counts_as_of_when_it_was_made_up_to_an_hour_ago() {
    let since = |scanned: Option<i64>| {
        let scanned_at = scanned.map(|ago| time(NOW - ago * MINUTE));
        (NOW - NewVerification { scanned_at, ..new() }.since(time(NOW)).as_millisecond()) / MINUTE
    };
    assert_eq!([None, Some(30), Some(60), Some(61), Some(-5)].map(since), [0, 30, 60, 60, 0]);
}

#[test]
fn a_code_is_verified_for_a_merchant_whose_store_the_operator_has() {
    let operates = |of: &[(&str, &str)]| {
        let membership = |store: &str| Membership {
            name: "Tea House".into(),
            currency: Currency::CNY,
            stores: vec![store.to_owned()],
        };
        let merchants = of.iter().map(|(merchant, store)| ((*merchant).to_owned(), membership(store)));
        MembershipsRecord { merchants: merchants.collect(), version: 1 }
    };
    let (issued, nothing) = (Some(coupon()), None);
    for (named, coupon, memberships, expected) in [
        (Some("mch_2"), &issued, operates(&[("mch_1", "s1"), ("mch_2", "s1")]), Ok("mch_2")),
        (Some("mch_2"), &issued, operates(&[("mch_1", "s1"), ("mch_2", "s2")]), Err(Code::WrongRole)),
        (None, &issued, operates(&[("mch_1", "s1"), ("mch_2", "s1")]), Ok("mch_1")),
        (None, &issued, operates(&[("mch_1", "s2"), ("mch_2", "s1")]), Ok("mch_2")),
        (None, &nothing, operates(&[("mch_2", "s1"), ("mch_3", "s2")]), Ok("mch_2")),
        (None, &nothing, operates(&[("mch_2", "s1"), ("mch_3", "s1")]), Err(Code::MissingField)),
        (None, &issued, operates(&[("mch_1", "s2")]), Err(Code::WrongRole)),
        (None, &issued, operates(&[]), Err(Code::WrongRole)),
    ] {
        let new = NewVerification { merchant: named.map(str::to_owned), ..new() };
        let found = merchant_of(&new, coupon.as_ref(), &memberships);
        let found = found.map_err(|no| no.fields.first().map_or(no.code, |field| field.code));
        assert_eq!(found, expected.map(str::to_owned), "{named:?} {memberships:?}");
    }
}

#[test]
fn a_verification_is_refused_until_it_is_judged_and_listed_for_its_merchant() {
    let draft = drafted();
    assert_eq!((draft.status, draft.lines[0].status), (RedemptionStatus::Refused, RedemptionStatus::Refused));
    assert_eq!((draft.store.as_deref(), draft.operator.as_deref()), (Some("s1"), Some("olga")));
    let shard = shard_of("vfy_1", VERIFICATION_SHARDS);
    assert_eq!(draft.verified_for, Some(format!("mch_1#{shard:02}")));
    assert_eq!(draft.verified, Some(format!("{NOW}#vfy_1")));
    let view = draft.verdict_view(Some(&coupon())).unwrap();
    assert_eq!((view.verdict, view.coupon, view.benefit), (Verdict::Refused, None, None));
    assert_eq!(view.at, time(NOW));
}

#[test]
fn a_use_is_recorded_and_asks_for_a_reward_only_where_a_shared_coupon_promises_one() {
    let promised = Some(Reward { campaign: "cmp_2".into(), to: RewardTo::Pool });
    for (sharer, reward, is_rewarded) in
        [(Some("alice"), promised.clone(), true), (Some("alice"), None, false), (None, promised, false)]
    {
        let mut coupon = pooled_and_reserved();
        coupon.terms.reward = reward;
        let sharer = sharer.map(str::to_owned);
        let judged = Judged { user: "bob".into(), sharer: sharer.clone(), deducted: Some(cny(500)) };
        let record = accepted(drafted(), &coupon, &judged, "r1");
        let workflow =
            json!({ "machine": "coupon-reward", "input": { "redemption": "vfy_1" }, "cause": "r1" });
        assert_eq!(record.workflow, is_rewarded.then_some(workflow));
        let line = &record.lines[0];
        assert_eq!((record.status, line.status), (RedemptionStatus::Redeemed, RedemptionStatus::Redeemed));
        assert_eq!((line.deducted, line.user.as_deref(), &line.sharer), (Some(500), Some("bob"), &sharer));
        let view = record.verdict_view(Some(&coupon)).unwrap();
        assert_eq!((view.verdict, view.reason), (Verdict::Accepted, None));
        assert_eq!(view.coupon.unwrap().status, CouponStatus::Redeemed);
        assert_eq!(view.benefit.unwrap().deduction, Some(cny(500)));
    }
}

#[test]
fn who_verifies_a_used_coupon_is_told_of_its_earlier_use() {
    assert_eq!(earlier(&coupon()), None);
    for (redemption, is_verification) in [("vfy_0", true), ("conf_0", false)] {
        let mut coupon = used();
        coupon.used.as_mut().unwrap().redemption = redemption.into();
        let record = RedemptionRecord {
            found: Some(found(&coupon, CouponStatus::Redeemed, earlier(&coupon))),
            ..drafted()
        };
        let told = record.verdict_view(Some(&coupon)).unwrap().redeemed.unwrap();
        let named = Some(redemption.to_owned());
        let expected = if is_verification { (named, None) } else { (None, named) };
        assert_eq!((told.verification, told.confirmation), expected);
        assert_eq!((told.at, told.store.as_deref()), (time(NOW - MINUTE), Some("s2")));
        assert_eq!(told.operator.as_deref(), Some("otto"));
    }
}
