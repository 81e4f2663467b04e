//! What a campaign promises. A coupon holds a copy, so that it is judged without reading its campaign.

use crate::campaign::CAMPAIGN_PREFIX;
use crate::limits::{MAX_DAY_OFFSET_MINUTES, MINUTE_MILLISECONDS};
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_deduction::Rule;
use scrip_money::{Currency, Money};
use scrip_store::id_pattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whom a use by a contact rewards, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignReward")]
pub struct Reward {
    /// The campaign that the rewarding coupon is of, `cmp_…`, of the same merchant.
    #[schemars(pattern(id_pattern(CAMPAIGN_PREFIX)))]
    pub campaign: String,
    /// Where it goes.
    pub to: RewardTo,
}

/// Where a rewarding coupon goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RewardRecipient")]
pub enum RewardTo {
    /// The sharer holds it.
    Sharer,
    /// It lies in the sharer's pool.
    Pool,
}

/// The terms as they are stored with a campaign and with each of its coupons. They never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// The merchant's currency.
    pub currency: Currency,
    /// What it is called.
    pub name: String,
    /// What it takes off, as the rule's own JSON.
    pub benefit: String,
    /// The least that an order must come to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_minimum: Option<i64>,
    /// Whether what is taken off in all has a limit.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub has_budget: bool,
    /// In milliseconds since the epoch.
    pub valid_from: i64,
    /// In milliseconds since the epoch.
    pub valid_until: i64,
    /// Where it can be used; everywhere, if empty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub stores: BTreeSet<String>,
    /// Whether it may lie in a pool.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub shareable: bool,
    /// What its use by a contact brings the sharer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward: Option<Reward>,
    /// How far the merchant's day is ahead of UTC's, in minutes.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub day_offset_minutes: i64,
}

impl Terms {
    /// The benefit.
    ///
    /// # Errors
    /// The stored text is no rule.
    pub fn rule(&self) -> Result<Rule, scrip_refusal::Failure> {
        serde_json::from_str(&self.benefit).map_err(scrip_refusal::Failure::broken)
    }

    /// The least that an order must come to.
    pub fn order_minimum(&self) -> Option<Money> {
        self.order_minimum.map(|amount| Money::new(amount, self.currency))
    }

    /// Whether its value can only be told of an order.
    pub fn needs_order(&self) -> bool {
        self.order_minimum.is_some() || self.has_budget
    }

    /// The number of the merchant's day that a time falls on.
    pub fn day(&self, time: Timestamp) -> i64 {
        let offset = self.day_offset_minutes.clamp(-MAX_DAY_OFFSET_MINUTES, MAX_DAY_OFFSET_MINUTES);
        (time.as_millisecond() + offset * MINUTE_MILLISECONDS).div_euclid(24 * 60 * MINUTE_MILLISECONDS)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
