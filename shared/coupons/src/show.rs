//! A coupon as it is shown.

use crate::coupon::{CouponRecord, CouponStatus, RewardFor};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_deduction::Rule;
use scrip_money::Money;
use scrip_refusal::Failure;
use serde::Serialize;
use serde_json::json;

/// A coupon, as those see it who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Coupon", example = json!({
    "id": "cpn_0123456789abcdefghjkmnpqrs",
    "campaign": "cmp_0123456789abcdefghjkmnpqrs",
    "merchant": "mch_0123456789abcdefghjkmnpqrs",
    "name": "A tenth off",
    "benefit": { "effect": { "percentage": "10" } },
    "status": "held",
    "holder": "alice",
    "order_minimum": null,
    "valid_from": "2026-11-30T00:00:00Z",
    "valid_until": "2027-01-01T00:00:00Z",
    "stores": [],
    "shareable": true,
    "taken_at": "2026-11-30T12:00:00Z",
    "shared_by": null,
    "reservation": null,
    "redeemed": null,
    "reward_for": null,
}))]
pub struct CouponView {
    /// The id, `cpn_…`.
    pub id: String,
    /// The campaign, `cmp_…`.
    pub campaign: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The title that its campaign gives it.
    pub name: String,
    /// What it takes off.
    pub benefit: Rule,
    /// Where it stands.
    pub status: CouponStatus,
    /// The id of the user who has it.
    pub holder: String,
    /// The least that an order must come to.
    pub order_minimum: Option<Money>,
    /// From when on it can be used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_from: Timestamp,
    /// Until when it can be used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub valid_until: Timestamp,
    /// Where it can be used; everywhere, if empty.
    pub stores: Vec<String>,
    /// Whether it may be shared in a pool.
    pub shareable: bool,
    /// When it was taken or given.
    #[schemars(with = "scrip_clock::DateTime")]
    pub taken_at: Timestamp,
    /// Whose pool it lies in, or was used from.
    pub shared_by: Option<String>,
    /// Who has reserved it.
    pub reservation: Option<ReservationView>,
    /// How it was used.
    pub redeemed: Option<UseView>,
    /// Which use it rewards, if it is a reward.
    pub reward_for: Option<RewardForView>,
}

/// That a contact alone may use a pooled coupon for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Reservation")]
pub struct ReservationView {
    /// The id, `rsv_…`.
    pub id: String,
    /// The contact.
    pub user: String,
    /// Until when the coupon is kept for the contact.
    #[schemars(with = "scrip_clock::DateTime")]
    pub reserved_until: Timestamp,
}

/// How a coupon was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CouponUse")]
pub struct UseView {
    /// The verification or confirmation, `vfy_…` or `conf_…`.
    pub redemption: String,
    /// The id of the user who used it.
    pub user: String,
    /// When it was used.
    #[schemars(with = "scrip_clock::DateTime")]
    pub at: Timestamp,
    /// In which store, if it was verified in one.
    pub store: Option<String>,
    /// What it took off, if the order was known.
    pub deduction: Option<Money>,
    /// The coupon that came back to who shared it, `cpn_…`.
    pub reward: Option<String>,
}

/// Which use a coupon rewards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RewardedUse")]
pub struct RewardForView {
    /// The verification or confirmation, `vfy_…` or `conf_…`.
    pub redemption: String,
    /// The coupon that was used, `cpn_…`.
    pub coupon: String,
}

impl CouponView {
    /// The same without what is between its holder and others: who has reserved or used it, and what came back.
    #[must_use]
    pub fn seen_by(mut self, user: &str) -> Self {
        if self.holder != user {
            self.reservation = self.reservation.filter(|reservation| reservation.user == user);
            self.redeemed = self.redeemed.filter(|used| used.user == user);
            if let Some(used) = &mut self.redeemed {
                used.reward = None;
            }
            self.reward_for = None;
        }
        self
    }
}

impl CouponRecord {
    /// The coupon as it is shown at a time.
    pub fn view(&self, now: Timestamp) -> Result<CouponView, Failure> {
        let terms = &self.terms;
        let reservation = self.reserved(now).map(|reservation| {
            Ok::<_, Failure>(ReservationView {
                id: reservation.id.clone(),
                user: reservation.user.clone(),
                reserved_until: time(reservation.until)?,
            })
        });
        let redeemed = self.used.as_ref().map(|used| {
            Ok::<_, Failure>(UseView {
                redemption: used.redemption.clone(),
                user: used.user.clone(),
                at: time(used.at)?,
                store: used.store.clone(),
                deduction: used.deducted.map(|amount| Money::new(amount, terms.currency)),
                reward: used.reward.clone(),
            })
        });
        Ok(CouponView {
            id: self.id.clone(),
            campaign: self.campaign.clone(),
            merchant: terms.merchant.clone(),
            name: terms.name.clone(),
            benefit: terms.rule()?,
            status: self.status(now),
            holder: self.holder.clone(),
            order_minimum: terms.order_minimum(),
            valid_from: time(terms.valid_from)?,
            valid_until: time(terms.valid_until)?,
            stores: terms.stores.iter().cloned().collect(),
            shareable: terms.shareable,
            taken_at: self.taken_at()?,
            shared_by: self.pool.clone(),
            reservation: reservation.transpose()?,
            redeemed: redeemed.transpose()?,
            reward_for: self.reward_for.as_ref().map(|RewardFor { redemption, coupon }| RewardForView {
                redemption: redemption.clone(),
                coupon: coupon.clone(),
            }),
        })
    }

    /// When it was taken.
    pub(crate) fn taken_at(&self) -> Result<Timestamp, Failure> {
        let milliseconds = self.taken.split('#').next().and_then(|text| text.parse().ok());
        time(milliseconds.ok_or_else(|| Failure::broken("a coupon's place in the list has no time"))?)
    }
}

pub(crate) fn time(milliseconds: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(milliseconds).map_err(Failure::broken)
}
