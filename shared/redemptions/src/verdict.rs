//! What an operator is told of a code. It comes from what was stored then, so that a repeated request is told the same.

use crate::confirmation::OrderView;
use crate::redemption::{EarlierUse, Line, RedemptionRecord, RedemptionStatus, VERIFICATION_PREFIX};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_coupons::{CouponRecord, CouponStatus};
use scrip_deduction::Rule;
use scrip_money::Money;
use scrip_refusal::Failure;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Whether a code counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The coupon may be used; if it was verified, it now is.
    Accepted,
    /// It may not, and nothing is used.
    Refused,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CouponVerdict", example = json!({
    "id": "vfy_0123456789abcdefghjkmnpqrs",
    "verdict": "accepted",
    "coupon": { "id": "cpn_0123456789abcdefghjkmnpqrs", "campaign": "cmp_0123456789abcdefghjkmnpqrs", "name": "A tenth off", "status": "redeemed" },
    "benefit": { "rule": { "effect": { "percentage": "10" } }, "deduction": { "amount": 300, "currency": "CNY" } },
    "order": { "total": { "amount": 3_000, "currency": "CNY" } },
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "store": "s1",
    "operator": "olga",
    "at": "2026-11-30T12:00:00Z",
}))]
pub struct VerdictView {
    /// The verification, `vfy_…`.
    pub id: String,
    /// Whether the coupon is used by it.
    pub verdict: Verdict,
    /// Why it is refused: a code of the common vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The coupon, if the code was right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<VerifiedCoupon>,
    /// What it is worth, if the code was right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Benefit>,
    /// How it had been used before, if it is refused for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed: Option<EarlierUseView>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderView>,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The store in which it was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The id of the user who verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// When it was verified.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
}

/// A coupon, as far as who verifies it needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifiedCoupon {
    /// The id, `cpn_…`.
    pub id: String,
    /// The campaign, `cmp_…`.
    pub campaign: String,
    /// The title that its campaign gives it.
    pub name: String,
    /// Where it stood then: after its use, if it was used.
    pub status: CouponStatus,
}

/// What a coupon is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Benefit {
    /// What it takes off.
    pub rule: Rule,
    /// What that comes to on the order, if its total is known and the coupon is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduction: Option<Money>,
}

/// How a coupon had been used before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "EarlierUse")]
pub struct EarlierUseView {
    /// When it was used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// The store, if an operator verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The operator, if one verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The verification, `vfy_…`, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
    /// The confirmation, `conf_…`, if the merchant's server confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
}

impl RedemptionRecord {
    /// As its operator is told. `coupon` is the one that its code names.
    pub(crate) fn verdict_view(&self, coupon: Option<&CouponRecord>) -> Result<VerdictView, Failure> {
        let line = self.only_line()?;
        let benefit = coupon.filter(|coupon| line.coupon.as_ref() == Some(&coupon.id)).map(|coupon| {
            Ok::<_, Failure>(Benefit { rule: coupon.terms.rule()?, deduction: self.deduction(line) })
        });
        let earlier = self.found.as_ref().and_then(|found| found.earlier.as_ref());
        Ok(VerdictView {
            id: self.id.clone(),
            verdict: line.verdict(),
            reason: line.reason.clone().filter(|_| line.verdict() == Verdict::Refused),
            coupon: self.verified_coupon(line),
            benefit: benefit.transpose()?,
            redeemed: earlier.map(EarlierUse::view).transpose()?,
            order: self.order_view(),
            merchant: self.merchant.clone(),
            store: self.store.clone(),
            operator: self.operator.clone(),
            at: self.received()?,
        })
    }

    /// The one code of a verification.
    pub(crate) fn only_line(&self) -> Result<&Line, Failure> {
        self.lines.first().ok_or_else(|| Failure::broken("a verification without its code"))
    }

    pub(crate) fn verified_coupon(&self, line: &Line) -> Option<VerifiedCoupon> {
        let (found, id) = self.found.as_ref().zip(line.coupon.as_ref())?;
        Some(VerifiedCoupon {
            id: id.clone(),
            campaign: found.campaign.clone(),
            name: found.name.clone(),
            status: found.status,
        })
    }

    /// What a line takes off, in the currency of the order: without one, nothing is known to be taken off.
    pub(crate) fn deduction(&self, line: &Line) -> Option<Money> {
        let total = self.order.as_ref()?.total?;
        Some(Money::new(line.deducted?, total.currency))
    }

    pub(crate) fn order_view(&self) -> Option<OrderView> {
        let order = self.order.as_ref()?;
        Some(OrderView { reference: order.reference.clone(), total: order.total })
    }

    pub(crate) fn received(&self) -> Result<Timestamp, Failure> {
        Timestamp::from_millisecond(self.at).map_err(Failure::broken)
    }
}

impl Line {
    /// What was said of it when it was judged, whatever came later.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.status == RedemptionStatus::Refused { Verdict::Refused } else { Verdict::Accepted }
    }
}

impl EarlierUse {
    fn view(&self) -> Result<EarlierUseView, Failure> {
        let is_verification = self.redemption.starts_with(VERIFICATION_PREFIX);
        let named = |wanted: bool| (is_verification == wanted).then(|| self.redemption.clone());
        Ok(EarlierUseView {
            at: Timestamp::from_millisecond(self.at).map_err(Failure::broken)?,
            store: self.store.clone(),
            operator: self.operator.clone(),
            verification: named(true),
            confirmation: named(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::tests::record;
    use crate::tests::cny;
    use scrip_coupons::examples::coupon;

    #[test]
    fn what_a_coupon_gives_is_told_of_the_one_that_was_used() {
        let coupon = coupon();
        let mut verified = record(1);
        assert!(verified.verdict_view(Some(&coupon)).unwrap().benefit.is_none(), "its code names none");
        verified.lines[0].coupon = Some(coupon.id.clone());
        verified.lines[0].deducted = Some(50);
        let benefit = verified.verdict_view(Some(&coupon)).unwrap().benefit.unwrap();
        assert_eq!(benefit.deduction, Some(cny(50)));
        let other = CouponRecord { id: "cpn_other".into(), ..coupon };
        assert!(verified.verdict_view(Some(&other)).unwrap().benefit.is_none());
    }
}
