//! A confirmation as the merchant's server follows it.

use crate::redemption::{CONFIRMATION_PREFIX, Line, RedemptionRecord, RedemptionStatus};
use crate::redemptions::Redemptions;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_money::{Currency, Money};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::is_id;
use serde::Serialize;
use serde_json::json;

/// A confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Confirmation", example = json!({
    "id": "conf_0123456789abcdefghjkmnpqrs",
    "status": "redeemed",
    "order": { "reference": "web-1", "total": { "amount": 3_000, "currency": "CNY" } },
    "coupons": [{ "coupon": "cpn_0123456789abcdefghjkmnpqrs", "status": "redeemed", "deduction": { "amount": 300, "currency": "CNY" } }],
    "at": "2026-11-30T12:00:00Z",
}))]
pub struct ConfirmationView {
    /// The id, `conf_…`.
    pub id: String,
    /// Where it stands.
    pub status: RedemptionStatus,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderView>,
    /// What became of its codes, in their order.
    pub coupons: Vec<ConfirmedCoupon>,
    /// When it was received.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<scrip_clock::DateTime>")]
    pub reversed_at: Option<Timestamp>,
}

/// The order that codes were used on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "UsedOrder")]
pub struct OrderView {
    /// The merchant's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Its total before any deduction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
}

/// What became of one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConfirmedCoupon {
    /// The coupon it is a code of, `cpn_…`, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    /// Where it stands.
    pub status: RedemptionStatus,
    /// Why it was refused, or why it brought no reward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it takes off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduction: Option<Money>,
    /// The coupon that rewards who shared it, `cpn_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<String>,
}

impl Redemptions {
    /// A confirmation of this merchant.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn confirmation(&self, merchant: &str, id: &str) -> Result<ConfirmationView, Failure> {
        self.confirmation_record(merchant, id).await?.confirmation_view()
    }

    pub(crate) async fn confirmation_record(
        &self,
        merchant: &str,
        id: &str,
    ) -> Result<RedemptionRecord, Failure> {
        let record = if is_id(CONFIRMATION_PREFIX, id) { self.redemption(id).await? } else { None };
        Ok(record.filter(|record| record.merchant == merchant).ok_or_else(no_such_confirmation)?)
    }

    pub(crate) async fn redemption(&self, id: &str) -> Result<Option<RedemptionRecord>, Failure> {
        self.read(&RedemptionRecord::key(id)).await
    }
}

impl RedemptionRecord {
    pub(crate) fn confirmation_view(&self) -> Result<ConfirmationView, Failure> {
        let time = |at: i64| Timestamp::from_millisecond(at).map_err(Failure::broken);
        let total = self.order.as_ref().and_then(|order| order.total);
        let currency = total.map(|total| total.currency);
        Ok(ConfirmationView {
            id: self.id.clone(),
            status: self.status,
            order: self
                .order
                .as_ref()
                .map(|order| OrderView { reference: order.reference.clone(), total: order.total }),
            coupons: self.lines.iter().map(|line| line.view(currency)).collect(),
            at: time(self.at)?,
            reversed_at: self.reversal.as_ref().map(|reversal| time(reversal.at)).transpose()?,
        })
    }
}

impl Line {
    pub(crate) fn view(&self, currency: Option<Currency>) -> ConfirmedCoupon {
        ConfirmedCoupon {
            coupon: self.coupon.clone(),
            status: self.status,
            reason: self.reason.clone(),
            deduction: self.deducted.zip(currency).map(|(amount, currency)| Money::new(amount, currency)),
            reward: self.reward.clone(),
        }
    }
}

pub(crate) fn no_such_confirmation() -> Refusal {
    Refusal::new(Code::NotFound, "No confirmation of this merchant has this id.")
}
