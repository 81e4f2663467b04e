//! What is done with codes that are used: a verification by an operator, or a third party's confirmation. Both are
//! the same record, and what follows from them is the same.

use schemars::JsonSchema;
use scrip_coupons::{CouponStatus, changed_item};
use scrip_money::Money;
use scrip_refusal::Failure;
use scrip_slots::Slot;
use scrip_store::{Key, Write, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the ids of verifications begin with.
pub const VERIFICATION_PREFIX: &str = "vfy_";
/// What the ids of confirmations begin with.
pub const CONFIRMATION_PREFIX: &str = "conf_";

/// Where a redemption stands: `accepted → redeemed → rewarded`, `accepted → refused`, `redeemed | rewarded → reversed`.
/// A verification is redeemed or refused at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionStatus {
    /// It is safely in the queue.
    Accepted,
    /// At least one coupon is used. Nothing more follows if no sharer is to be rewarded.
    Redeemed,
    /// At least one sharer has a reward.
    Rewarded,
    /// No coupon could be used.
    Refused,
    /// Taken back.
    Reversed,
}

/// One of its codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The code, sealed, until it is judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The coupon it is a code of, if it is one of this merchant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub coupon: Option<String>,
    /// Where it stands: accepted (not judged yet), redeemed, rewarded, refused or reversed.
    pub status: RedemptionStatus,
    /// Why it was refused, or why it brought no reward: a code of the common vocabulary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What it takes off in minor units, if the order is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deducted: Option<i64>,
    /// Who used it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// Who had shared it, if a contact used it from a pool.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharer: Option<String>,
    /// The coupon that rewards the sharer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward: Option<String>,
}

/// The order that codes are used on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedOn {
    /// The merchant's own reference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
    /// Its total before the deduction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<Money>,
}

/// What a verification found of a coupon whose code was right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The campaign, `cmp_…`.
    pub campaign: String,
    /// What the coupon is called.
    pub name: String,
    /// Where it stood: after its use, if it was used.
    pub status: CouponStatus,
    /// How it had been used before, if it was refused for that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<EarlierUse>,
}

/// How a coupon had been used before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierUse {
    /// The verification or confirmation.
    pub redemption: String,
    /// In milliseconds since the epoch.
    pub at: i64,
    /// The store, if it was verified in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store: Option<String>,
    /// The operator, if one verified it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<String>,
}

/// The stored verification or confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionRecord {
    /// The id, `vfy_…` or `conf_…`. It names the execution of `coupon-reward`, too.
    pub id: String,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// Where it stands.
    pub status: RedemptionStatus,
    /// Its codes: exactly one of a verification.
    pub lines: Vec<Line>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<UsedOn>,
    /// The store of a verification.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store: Option<String>,
    /// The operator of a verification.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<String>,
    /// What a verification found: with the lines, all that its operator was told of the coupon.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<Found>,
    /// The campaign of the reward, if the confirmation names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward_campaign: Option<String>,
    /// When it was received, in milliseconds since the epoch.
    pub at: i64,
    /// Under which key the index `by-merchant` has a verification: `listed_under`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verified_for: Option<String>,
    /// Its place in the merchant's list: milliseconds of 13 digits, `#`, id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verified: Option<String>,
    /// The request that reversed it: its id derived from caller and key, and its hash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reversal: Option<Reversal>,
    /// Counts changes.
    pub version: i64,
    /// The hash of the request that made it.
    pub request_hash: String,
    /// The id of the request that made it.
    pub cause: String,
    /// What asks for the machine `coupon-reward`: on a verification whose use is to be rewarded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<Value>,
    /// Where it waits for its second chance, as long as what follows from it is not finished.
    #[serde(flatten)]
    pub slot: Option<Slot>,
}

/// The key under which a merchant's verifications of one shard are listed.
pub(crate) fn listed_under(merchant: &str, shard: u8) -> String {
    format!("{merchant}#{shard:02}")
}

/// How a redemption was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The id of the request, derived from caller and key.
    pub key: String,
    /// Its hash.
    pub request_hash: String,
    /// In milliseconds since the epoch.
    pub at: i64,
}

impl RedemptionRecord {
    /// The key of a redemption.
    pub fn key(id: &str) -> Key {
        Key::new(format!("RDM#{id}"), "REDEMPTION")
    }

    /// The write that puts this in the place of what was read.
    pub(crate) fn replace(mut self, table: &str) -> Result<Write, Failure> {
        let before = self.version;
        self.version = before.saturating_add(1);
        let item = encode(&Self::key(&self.id), &self)?;
        Ok(changed_item(Write::put(table, item), before))
    }
}

#[cfg(test)]
mod tests {
    use crate::follow_up::tests::record;
    use crate::tests::plan;

    #[test]
    fn a_redemption_takes_the_place_of_the_version_that_was_read() {
        let line = plan(vec![record(1).replace("coupons").unwrap()]).concat();
        assert!(line.contains("pk: \"RDM#conf_1\"") && line.contains("version: 2} IF version = 1"), "{line}");
    }
}
