//! Coupons to test with, here and in what stands on this crate.

use crate::coupon::{CouponRecord, Place, Reservation};
use crate::limits::MINUTE_MILLISECONDS;
use crate::terms::Terms;
use scrip_clock::Timestamp;
use scrip_money::Currency;
use std::collections::BTreeSet;

/// A time at which the examples can be used, in milliseconds since the epoch.
pub const NOW: i64 = 1_764_000_030_000;

/// The time of so many milliseconds since the epoch.
pub fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Alice's, five yuan off, for a day to both sides of now.
pub fn coupon() -> CouponRecord {
    let id = scrip_store::derive_id("cpn_", &["alice"]);
    CouponRecord {
        origin: id.clone(),
        id,
        campaign: "cmp_1".into(),
        shard: 0,
        holder: "alice".into(),
        place: Place::Held,
        terms: Terms {
            merchant: "mch_1".into(),
            currency: Currency::CNY,
            name: "Five off".into(),
            benefit: r#"{"effect":{"amount":{"amount":500,"currency":"CNY"}}}"#.into(),
            order_minimum: None,
            has_budget: false,
            valid_from: NOW - 24 * 60 * MINUTE_MILLISECONDS,
            valid_until: NOW + 24 * 60 * MINUTE_MILLISECONDS,
            stores: BTreeSet::new(),
            shareable: true,
            reward: None,
            day_offset_minutes: 0,
        },
        taken: "taken".into(),
        pool: None,
        pooled: None,
        reservation: None,
        used: None,
        reward_for: None,
        misses: 0,
        missed_at: None,
        missed_by: None,
        version: 1,
        request_hash: "hash".into(),
    }
}

/// The same in Alice's pool, reserved by Bob for a quarter of an hour.
pub fn pooled_and_reserved() -> CouponRecord {
    CouponRecord {
        place: Place::Pooled,
        pool: Some("alice".into()),
        pooled: Some("pooled".into()),
        reservation: Some(Reservation {
            id: "rsv_1".into(),
            user: "bob".into(),
            at: NOW,
            until: NOW + 15 * MINUTE_MILLISECONDS,
        }),
        ..coupon()
    }
}
