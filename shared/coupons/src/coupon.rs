//! A coupon as it is stored. Each change replaces the whole item, if it is still as it was read.

use crate::alias::Alias;
use crate::coupons::changed_item;
use crate::terms::Terms;
use schemars::JsonSchema;
use scrip_clock::Timestamp;
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Key, Write, encode};
use serde::{Deserialize, Serialize};

/// What the ids of coupons begin with.
pub const COUPON_PREFIX: &str = "cpn_";
/// What the ids of reservations begin with.
pub const RESERVATION_PREFIX: &str = "rsv_";

/// Where a coupon stands, as it is stored: `held ⇄ pooled`, both `→ redeemed` and back by a reversal, both `→ revoked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Its holder may use it.
    Held,
    /// It lies in its holder's pool. A contact may reserve it and then use it.
    Pooled,
    /// It was used.
    Redeemed,
    /// It was a reward for a use that was reversed.
    Revoked,
}

/// Where a coupon stands, as it is shown at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponStatus {
    /// Its holder may use it.
    Held,
    /// It lies in its holder's pool.
    Pooled,
    /// A contact has reserved it.
    Reserved,
    /// It was used.
    Redeemed,
    /// Its time is over.
    Expired,
    /// It was a reward for a use that was reversed.
    Revoked,
}

/// That a contact alone may use a pooled coupon for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The id, `rsv_…`.
    pub id: String,
    /// The contact.
    pub user: String,
    /// In milliseconds since the epoch.
    pub at: i64,
    /// In milliseconds since the epoch.
    pub until: i64,
}

/// How a coupon was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The verification or confirmation, `vfy_…` or `conf_…`.
    pub redemption: String,
    /// Who used it: the holder, or the contact who had reserved it.
    pub user: String,
    /// In milliseconds since the epoch.
    pub at: i64,
    /// What it took off, in minor units, if the order was known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deducted: Option<i64>,
    /// The store, if it was verified in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub store: Option<String>,
    /// The operator, if one verified it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<String>,
    /// Where it was before, [`Place::Held`] or [`Place::Pooled`], and is again after a reversal.
    pub from: Place,
    /// The coupon that rewarded the sharer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward: Option<String>,
}

/// Which use a coupon rewards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardFor {
    /// The verification or confirmation.
    pub redemption: String,
    /// The coupon that was used.
    pub coupon: String,
}

/// The stored coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponRecord {
    /// The id, `cpn_…`.
    pub id: String,
    /// The campaign, `cmp_…`.
    pub campaign: String,
    /// From which of the campaign's shards it was taken.
    pub shard: u32,
    /// Whose it is; who shared it, while it lies in a pool.
    pub holder: String,
    /// Where it stands.
    pub place: Place,
    /// What it promises.
    pub terms: Terms,
    /// Its place in its holder's list: milliseconds of 13 digits, `#`, id.
    pub taken: String,
    /// The holder again, from when it was pooled on, until it is withdrawn: its place in the index `by-pool`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pool: Option<String>,
    /// Its place in the pool's list, made as `taken`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pooled: Option<String>,
    /// The last reservation. It has lapsed when its time is over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reservation: Option<Reservation>,
    /// How it was used.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none", default)]
    pub used: Option<Use>,
    /// What it rewards, if it is a reward.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward_for: Option<RewardFor>,
    /// Wrong codes since the last right one.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub misses: u32,
    /// When the last wrong one came, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missed_at: Option<i64>,
    /// The last request that asked what a wrong code is worth: sent again, it is not counted again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missed_by: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// The id that the request which took it asked for; the coupon's own unless its alias was in use.
    pub origin: String,
    /// The hash of that request.
    pub request_hash: String,
}

impl CouponRecord {
    /// The key of a coupon, which its alias alone gives.
    pub fn key(alias: Alias) -> Key {
        Key::new(format!("CPN#{alias}"), "COUPON")
    }

    /// Where it stands at a time.
    pub fn status(&self, now: Timestamp) -> CouponStatus {
        match self.place {
            Place::Redeemed => CouponStatus::Redeemed,
            Place::Revoked => CouponStatus::Revoked,
            _ if now.as_millisecond() >= self.terms.valid_until => CouponStatus::Expired,
            Place::Pooled if self.reserved(now).is_some() => CouponStatus::Reserved,
            Place::Pooled => CouponStatus::Pooled,
            Place::Held => CouponStatus::Held,
        }
    }

    /// The reservation that holds at a time.
    pub fn reserved(&self, now: Timestamp) -> Option<&Reservation> {
        let reservation = self.reservation.as_ref()?;
        (self.place == Place::Pooled && now.as_millisecond() < reservation.until).then_some(reservation)
    }

    /// Whether it was used by this verification or confirmation, and still is.
    pub fn is_used_by(&self, redemption: &str) -> bool {
        let used = self.used.as_ref().is_some_and(|used| used.redemption == redemption);
        used && self.place == Place::Redeemed
    }

    /// The write that puts this in the place of what was read. If it changed since, it is to be judged anew.
    pub fn replace(mut self, table: &str) -> Result<Write, Failure> {
        let before = self.version;
        self.version = before.saturating_add(1);
        let item = encode(&Self::key(Alias::of(&self.id)), &self)?;
        Ok(changed_item(Write::put(table, item), before))
    }
}

pub(crate) fn no_such_coupon() -> Refusal {
    Refusal::new(Code::NotFound, "No coupon that you may see has this id.")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
