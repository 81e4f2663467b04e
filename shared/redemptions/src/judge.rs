//! Whether a coupon can be used, and what it takes off. Nothing is read or written here.

use crate::limits::{CODE_LOCK_MINUTES, MAX_CODE_MISSES};
use scrip_clock::Timestamp;
use scrip_coupons::limits::MINUTE_MILLISECONDS;
use scrip_coupons::{CouponRecord, Place, Shown};
use scrip_deduction::{Context, Item, Kind, Order, calculate};
use scrip_money::Money;
use scrip_refusal::{Code, Failure};

/// The circumstances in which somebody wants to use a coupon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    /// The merchant that asks, `mch_…`.
    pub merchant: &'a str,
    /// The store; a third party's server stands in none.
    pub store: Option<&'a str>,
    /// What the order comes to, if that is known.
    pub total: Option<Money>,
    /// The moment as of which it is judged.
    pub at: Timestamp,
}

/// A use that nothing speaks against. The campaign's budget and the contact between `sharer` and `user` are looked at
/// when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Who uses it.
    pub user: String,
    /// Who had shared it, if a contact uses it from a pool.
    pub sharer: Option<String>,
    /// What it takes off, if the order is known; above zero.
    pub deducted: Option<Money>,
}

/// Judges a use by what its code showed. A code that shows nothing, or of another merchant, is told apart from nothing.
pub(crate) fn judge(
    coupon: &CouponRecord,
    shown: Option<Shown>,
    attempt: &Attempt<'_>,
) -> Result<Result<Judged, Code>, Failure> {
    let is_own = coupon.terms.merchant == attempt.merchant;
    let Some(shown) = shown.filter(|_| is_own && !is_locked(coupon, attempt.at)) else {
        return Ok(Err(Code::CodeNotAccepted));
    };
    if let Some(code) = objection(coupon, shown, attempt) {
        return Ok(Err(code));
    }
    let deducted = match attempt.total {
        None => None,
        Some(total) => match deduction(coupon, total)? {
            Some(deducted) => Some(deducted),
            None => return Ok(Err(Code::NotApplicable)),
        },
    };
    Ok(Ok(match (shown, &coupon.reservation) {
        (Shown::Reserver, Some(reservation)) => {
            Judged { user: reservation.user.clone(), sharer: Some(coupon.holder.clone()), deducted }
        }
        _ => Judged { user: coupon.holder.clone(), sharer: None, deducted },
    }))
}

/// What speaks against a use by somebody whose code is right, the first by the precedence of the codes.
fn objection(coupon: &CouponRecord, shown: Shown, attempt: &Attempt<'_>) -> Option<Code> {
    let terms = &coupon.terms;
    let now = attempt.at.as_millisecond();
    let below = |total: Money| terms.order_minimum.is_some_and(|least| total.amount < least);
    let elsewhere =
        |store: &str| !terms.stores.is_empty() && !terms.stores.iter().any(|allowed| allowed == store);
    let is_reserver = shown == Shown::Reserver;
    if attempt.total.is_some_and(|total| total.currency != terms.currency) {
        return Some(Code::CurrencyMismatch);
    }
    match coupon.place {
        Place::Revoked => return Some(Code::Revoked),
        Place::Redeemed => return Some(Code::AlreadyRedeemed),
        Place::Pooled if !is_reserver => return Some(Code::CouponPooled),
        Place::Pooled | Place::Held => {}
    }
    if is_reserver && coupon.reserved(attempt.at).is_none() {
        return Some(Code::ReservationLapsed);
    }
    if now >= terms.valid_until {
        return Some(Code::Expired);
    }
    if now < terms.valid_from {
        return Some(Code::NotYetValid);
    }
    if attempt.store.is_some_and(elsewhere) {
        return Some(Code::WrongStore);
    }
    if attempt.total.is_none() && terms.needs_order() {
        return Some(Code::OrderRequired);
    }
    attempt.total.is_some_and(below).then_some(Code::OrderBelowMinimum)
}

/// What the benefit takes off an order; `None` if it does not apply to it.
fn deduction(coupon: &CouponRecord, total: Money) -> Result<Option<Money>, Failure> {
    let rule = coupon.terms.rule()?;
    let item = Item { item: &coupon.id, kind: Kind::Coupon, version: None, rule: &rule };
    let calculation = calculate(&Order::of_value(total), &[item], &Context::default())?;
    Ok(Some(calculation.deducted()).filter(|deducted| deducted.amount > 0))
}

/// Whether so many wrong codes came that for a while none is judged.
pub(crate) fn is_locked(coupon: &CouponRecord, at: Timestamp) -> bool {
    coupon.misses >= MAX_CODE_MISSES && is_recent(coupon, at)
}

/// The coupon with one wrong code more; `None` while it is locked, so that nobody keeps it locked for ever.
pub(crate) fn with_miss(coupon: &CouponRecord, at: Timestamp) -> Option<CouponRecord> {
    let before = if is_recent(coupon, at) { coupon.misses } else { 0 };
    (!is_locked(coupon, at)).then(|| CouponRecord {
        misses: before + 1,
        missed_at: Some(at.as_millisecond()),
        ..coupon.clone()
    })
}

fn is_recent(coupon: &CouponRecord, at: Timestamp) -> bool {
    let ago = |missed: i64| at.as_millisecond().saturating_sub(missed);
    coupon.missed_at.is_some_and(|missed| ago(missed) < CODE_LOCK_MINUTES * MINUTE_MILLISECONDS)
}

#[cfg(test)]
pub(crate) mod tests;
