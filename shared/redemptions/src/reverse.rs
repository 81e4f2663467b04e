//! A redemption is taken back: its coupons are as they were before, and what rewarded their use is revoked, unless that
//! was used itself.

use crate::confirmation::{ConfirmationView, ConfirmedCoupon};
use crate::limits::CONFIRMATION_REVERSAL_HOURS;
use crate::redemption::{RedemptionRecord, RedemptionStatus, Reversal, VERIFICATION_PREFIX};
use crate::redemptions::Redemptions;
use schemars::JsonSchema;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_coupons::{CouponRecord, Place, changed};
use scrip_directory::{MembershipsRecord, memberships_key};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Created, Origin, Transaction, is_id};
use serde::Serialize;
use serde_json::json;

/// What the ids of reversals begin with. Nothing is stored under them.
const REVERSAL_PREFIX: &str = "rev_";

/// A verification that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VerificationReversal", example = json!({
    "id": "vfy_0123456789abcdefghjkmnpqrs",
    "status": "reversed",
    "coupon": { "coupon": "cpn_0123456789abcdefghjkmnpqrs", "status": "reversed", "deduction": { "amount": 300, "currency": "CNY" } },
    "reversed_at": "2026-11-30T12:10:00Z",
}))]
pub struct ReversalView {
    /// The verification, `vfy_…`.
    pub id: String,
    /// `reversed`.
    pub status: RedemptionStatus,
    /// The coupon that can be used again.
    pub coupon: Option<ConfirmedCoupon>,
    /// When it was taken back.
    #[schemars(with = "scrip_clock::DateTime")]
    pub reversed_at: Timestamp,
}

/// Until when a redemption can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    /// The day of the merchant on which it was received.
    Day,
    /// So many hours from when it was received.
    Hours(i64),
}

/// What a reversal changes.
struct Undone {
    coupons: Vec<CouponRecord>,
    rewards: Vec<CouponRecord>,
}

impl Redemptions {
    /// Takes a confirmation of this merchant back.
    ///
    /// # Errors
    /// `not-found`, `idempotency-key-reused`, `not-redeemed`, `already-reversed`, `reversal-window-over`,
    /// `reward-used`.
    pub async fn reverse_confirmation(
        &self,
        merchant: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<Created<ConfirmationView>, Failure> {
        let try_reverse = || async {
            let record = self.confirmation_record(merchant, id).await?;
            self.take_back(record, origin, Window::Hours(CONFIRMATION_REVERSAL_HOURS)).await
        };
        let reversed = self.store.until_unchanged(try_reverse).await?;
        Ok(Created { value: reversed.value.confirmation_view()?, replayed: reversed.replayed })
    }

    /// Takes a verification back, asked by an operator of its store.
    ///
    /// # Errors
    /// `wrong-role` for who may know of it but is no operator of this store; `not-found`, `idempotency-key-reused`,
    /// `not-redeemed`, `already-reversed`, `reversal-window-over`, `reward-used`.
    pub async fn reverse_verification(
        &self,
        user: &str,
        id: &str,
        origin: &Origin,
    ) -> Result<Created<ReversalView>, Failure> {
        let try_reverse = || async {
            let record = self.verification_of_operator(user, id).await?;
            self.take_back(record, origin, Window::Day).await
        };
        let reversed = self.store.until_unchanged(try_reverse).await?;
        Ok(Created { value: reversed.value.reversal_view()?, replayed: reversed.replayed })
    }

    async fn verification_of_operator(&self, user: &str, id: &str) -> Result<RedemptionRecord, Failure> {
        if !is_id(VERIFICATION_PREFIX, id) {
            return Err(no_such_verification().into());
        }
        let asked =
            (RedemptionRecord::key(id).at(&self.table), memberships_key(user).at(self.directory.table()));
        let (record, memberships): (Option<RedemptionRecord>, Option<MembershipsRecord>) =
            self.store.read(asked).await?;
        let (memberships, record) =
            (memberships.unwrap_or_default(), record.ok_or_else(no_such_verification)?);
        if record.store.as_ref().is_some_and(|store| memberships.has(&record.merchant, store)) {
            return Ok(record);
        }
        let may_know = memberships.merchants.contains_key(&record.merchant)
            || self.directory.is_owner(&record.merchant, user).await?;
        if may_know {
            let detail = "Only an operator of the store where it was verified may take it back.";
            return Err(Refusal::new(Code::WrongRole, detail).into());
        }
        Err(no_such_verification().into())
    }

    async fn take_back(
        &self,
        record: RedemptionRecord,
        origin: &Origin,
        window: Window,
    ) -> Result<Created<RedemptionRecord>, Failure> {
        let now = self.now();
        let reversal = Reversal {
            key: origin.id_within(&record.id, REVERSAL_PREFIX),
            request_hash: origin.fingerprint.as_str().to_owned(),
            at: now.as_millisecond(),
        };
        if record.is_reversed_by(&reversal)? {
            return Ok(Created { value: record, replayed: true });
        }
        let undone = self.undone(&record).await?;
        judge(&record, &undone, window, now)?;
        let reversed = record.reversed(reversal);
        let transaction = self.reversal_writes(&record, &reversed, undone, now).await?;
        match self.store.commit(transaction).await? {
            Commit::Done => Ok(Created { value: reversed, replayed: false }),
            Commit::Exists(_) => Err(Failure::broken("a reversal creates nothing")),
        }
    }

    /// The coupons that a redemption used, and those that rewarded it.
    async fn undone(&self, record: &RedemptionRecord) -> Result<Undone, Failure> {
        let used: Vec<_> = record.lines.iter().filter(|line| line.is_used()).collect();
        let (coupons, rewards) = (used.iter().map(|line| &line.coupon), used.iter().map(|line| &line.reward));
        let ids: Vec<&String> = coupons.chain(rewards).flatten().collect();
        let coupons: Vec<Option<CouponRecord>> = self.store.read(self.coupons.coupon_addresses(&ids)).await?;
        let mut undone = Undone { coupons: Vec::new(), rewards: Vec::new() };
        for (id, found) in ids.into_iter().zip(coupons) {
            let found = found.filter(|coupon| coupon.id == *id);
            let coupon =
                found.ok_or_else(|| Failure::broken("a redemption names a coupon that is not there"))?;
            let rewards_this = |coupon: &CouponRecord| {
                coupon.reward_for.as_ref().is_some_and(|rewarded| rewarded.redemption == record.id)
            };
            if rewards_this(&coupon) {
                undone.rewards.push(coupon);
            } else {
                undone.coupons.push(coupon);
            }
        }
        Ok(undone)
    }

    async fn reversal_writes(
        &self,
        record: &RedemptionRecord,
        reversed: &RedemptionRecord,
        undone: Undone,
        now: Timestamp,
    ) -> Result<Transaction<'static>, Failure> {
        let mut transaction = Transaction::new();
        let as_read = |_| changed();
        transaction.require(reversed.clone().replace(&self.table)?, as_read);
        for write in self.coupons.returned_to_budgets(&undone.coupons) {
            transaction.require(write, as_read);
        }
        for write in self.coupons.returned_to_stock(&undone.rewards).await? {
            transaction.require(write, as_read);
        }
        for coupon in undone.coupons {
            transaction.require(restored(coupon)?.replace(&self.table)?, as_read);
        }
        for reward in undone.rewards {
            transaction.require(revoked(reward).replace(&self.table)?, as_read);
        }
        for line in record.lines.iter().filter(|line| line.is_used()) {
            for note in self.reversal_notes(record, line, now)? {
                transaction.require(note, as_read);
            }
        }
        Ok(transaction)
    }
}

/// Whether a redemption can be taken back now.
fn judge(record: &RedemptionRecord, undone: &Undone, window: Window, now: Timestamp) -> Result<(), Failure> {
    if !matches!(record.status, RedemptionStatus::Redeemed | RedemptionStatus::Rewarded) {
        let current = serde_json::to_value(record.status).map_err(Failure::broken)?;
        let detail = "Nothing is redeemed by it, so there is nothing to take back.";
        return Err(Refusal::new(Code::NotRedeemed, detail).with("current", current).into());
    }
    // Coupons change with their redemption: it has been taken back since it was read.
    if undone.coupons.iter().any(|coupon| !coupon.is_used_by(&record.id)) {
        return Err(changed());
    }
    let at = Timestamp::from_millisecond(record.at).map_err(Failure::broken)?;
    let is_open = match window {
        Window::Day => undone.coupons.iter().all(|coupon| coupon.terms.day(at) == coupon.terms.day(now)),
        Window::Hours(hours) => now < at + SignedDuration::from_hours(hours),
    };
    if !is_open {
        let detail = match window {
            Window::Day => "A verification can be taken back on the same day alone.".to_owned(),
            Window::Hours(hours) => format!("A confirmation can be taken back within {hours} hours."),
        };
        return Err(Refusal::new(Code::ReversalWindowOver, detail).into());
    }
    if undone.rewards.iter().any(|reward| reward.place == Place::Redeemed) {
        let detail = "Who shared the coupon was rewarded with another one, and that was used.";
        return Err(Refusal::new(Code::RewardUsed, detail).into());
    }
    Ok(())
}

/// The coupon as it was before it was used.
fn restored(mut coupon: CouponRecord) -> Result<CouponRecord, Failure> {
    let used = coupon.used.take().ok_or_else(|| Failure::broken("a used coupon without its use"))?;
    coupon.place = used.from;
    coupon.reservation = None;
    Ok(coupon)
}

/// The reward as nobody can use it.
fn revoked(mut reward: CouponRecord) -> CouponRecord {
    reward.place = Place::Revoked;
    (reward.pool, reward.pooled, reward.reservation) = (None, None, None);
    reward
}

impl RedemptionRecord {
    /// Whether this very request has taken it back before.
    fn is_reversed_by(&self, reversal: &Reversal) -> Result<bool, Refusal> {
        match &self.reversal {
            None => Ok(false),
            Some(first) if first.key != reversal.key => {
                Err(Refusal::new(Code::AlreadyReversed, "Another request has taken it back."))
            }
            Some(first) if first.request_hash != reversal.request_hash => {
                let detail =
                    "This Idempotency-Key was used for another request. Use a new key for a new request.";
                Err(Refusal::new(Code::IdempotencyKeyReused, detail))
            }
            Some(_) => Ok(true),
        }
    }

    fn reversed(&self, reversal: Reversal) -> Self {
        let mut reversed = self.clone();
        reversed.status = RedemptionStatus::Reversed;
        reversed.reversal = Some(reversal);
        reversed.slot = None;
        for line in reversed.lines.iter_mut().filter(|line| line.is_used()) {
            line.status = RedemptionStatus::Reversed;
        }
        reversed
    }

    fn reversal_view(&self) -> Result<ReversalView, Failure> {
        let reversal = self.reversal.as_ref().ok_or_else(|| Failure::broken("it was not taken back"))?;
        let total = self.order.as_ref().and_then(|order| order.total);
        Ok(ReversalView {
            id: self.id.clone(),
            status: self.status,
            coupon: self.lines.first().map(|line| line.view(total.map(|total| total.currency))),
            reversed_at: Timestamp::from_millisecond(reversal.at).map_err(Failure::broken)?,
        })
    }
}

fn no_such_verification() -> Refusal {
    Refusal::new(Code::NotFound, "No verification that you may know of has this id.")
}

#[cfg(test)]
mod tests;
