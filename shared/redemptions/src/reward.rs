//! What the machine `coupon-reward` does for those whose shared coupons were used: each gets the coupon that the
//! campaign, or the confirmation, promises. It is issued in the transaction that notes it on the redemption and on the
//! used coupon, so that one use brings one reward, and a use that was reversed brings none.

use crate::follow_up::{Followed, no_such_redemption};
use crate::redemption::{Line, RedemptionRecord, RedemptionStatus};
use crate::redemptions::Redemptions;
use scrip_coupons::{COUPON_PREFIX, CouponRecord, Issue, Place, Reward, RewardFor, RewardTo, changed};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Fingerprint, Transaction, derive_id};
use serde::Serialize;

/// What became of the rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RewardOutcome {
    /// At least one sharer has one.
    Rewarded,
    /// Nobody shared, nothing was promised, or nothing is left of what was promised.
    Unrewarded,
    /// It was reversed before.
    Ended,
}

impl Redemptions {
    /// Rewards the sharers of a redemption who have not been rewarded.
    ///
    /// # Errors
    /// Busy: what was done before stays done, and the rest is to be tried again.
    pub async fn reward_redemption(&self, id: &str) -> Result<Followed<RewardOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_reward(id)).await
    }

    async fn try_reward(&self, id: &str) -> Result<Followed<RewardOutcome>, Failure> {
        let mut record = self.redemption(id).await?.ok_or_else(no_such_redemption)?;
        if record.status == RedemptionStatus::Accepted {
            return Err(Failure::broken("it has not been judged"));
        }
        for (index, coupon) in self.to_reward(&record).await? {
            if let Some(reward) = promised(&record, &coupon) {
                record = self.reward_line(record, index, coupon, &reward).await?;
            }
        }
        let outcome = match record.status {
            RedemptionStatus::Reversed => RewardOutcome::Ended,
            RedemptionStatus::Rewarded => RewardOutcome::Rewarded,
            _ => RewardOutcome::Unrewarded,
        };
        Ok(Followed { outcome })
    }

    /// The lines whose sharers have neither a reward nor a reason why there is none, with the coupons that were used.
    async fn to_reward(&self, record: &RedemptionRecord) -> Result<Vec<(usize, CouponRecord)>, Failure> {
        let waits = |line: &&Line| line.status == RedemptionStatus::Redeemed && line.sharer.is_some();
        let lines = record.lines.iter().enumerate();
        let waiting: Vec<_> = lines
            .filter(|(_, line)| waits(line) && line.reason.is_none())
            .filter_map(|(index, line)| Some((index, line.coupon.as_ref()?)))
            .collect();
        let ids = waiting.iter().map(|(_, id)| id);
        let coupons: Vec<Option<CouponRecord>> = self.store.read(self.coupons.coupon_addresses(ids)).await?;
        let mut to_reward = Vec::with_capacity(coupons.len());
        for ((index, id), coupon) in waiting.iter().zip(coupons) {
            let coupon = coupon.filter(|coupon| coupon.id == **id && coupon.is_used_by(&record.id));
            // Coupons change with their redemption: it has been taken back since it was read.
            to_reward.push((*index, coupon.ok_or_else(changed)?));
        }
        Ok(to_reward)
    }

    /// Rewards the sharer of one line, or stores why there is no reward: the redemption as it is then.
    async fn reward_line(
        &self,
        record: RedemptionRecord,
        index: usize,
        coupon: CouponRecord,
        reward: &Reward,
    ) -> Result<RedemptionRecord, Failure> {
        let issue = Issue {
            campaign: &reward.campaign,
            holder: &coupon.holder,
            origin_id: derive_id(COUPON_PREFIX, &["reward", &record.id, &coupon.id]),
            fingerprint: Fingerprint::of(&[b"reward", record.id.as_bytes(), coupon.id.as_bytes()]),
            place: match reward.to {
                RewardTo::Sharer => Place::Held,
                RewardTo::Pool => Place::Pooled,
            },
            reward_for: Some(RewardFor { redemption: record.id.clone(), coupon: coupon.id.clone() }),
        };
        let also = |issued: &CouponRecord, transaction: &mut Transaction<'_>| -> Result<(), Failure> {
            check(issued, &record)?;
            let mut used = coupon.clone();
            if let Some(used) = &mut used.used {
                used.reward = Some(issued.id.clone());
            }
            let noted = record.rewarded(index, &issued.id).replace(&self.table)?;
            transaction.require(noted, |_| changed());
            transaction.require(used.replace(&self.table)?, |_| changed());
            Ok(())
        };
        match self.coupons.issue(&issue, &also).await {
            // It was noted in the same transaction: the redemption was read before that.
            Ok(issued) if issued.replayed => Err(changed()),
            Ok(issued) => Ok(record.rewarded(index, &issued.value.id).stored()),
            Err(Failure::Refused(refusal)) => self.leave_unrewarded(record, index, refusal.code).await,
            Err(failure) => Err(failure),
        }
    }

    async fn leave_unrewarded(
        &self,
        mut record: RedemptionRecord,
        index: usize,
        reason: Code,
    ) -> Result<RedemptionRecord, Failure> {
        if let Some(line) = record.lines.get_mut(index) {
            line.reason = Some(reason.to_string());
        }
        let mut transaction = Transaction::new();
        transaction.require(record.clone().replace(&self.table)?, |_| changed());
        self.store.commit(transaction).await?;
        Ok(record.stored())
    }
}

/// What the use of a coupon promises: what the confirmation names, or else what the campaign does.
fn promised(record: &RedemptionRecord, coupon: &CouponRecord) -> Option<Reward> {
    let promised = coupon.terms.reward.as_ref();
    let to = promised.map_or(RewardTo::Sharer, |reward| reward.to);
    match &record.reward_campaign {
        Some(campaign) => Some(Reward { campaign: campaign.clone(), to }),
        None => promised.cloned(),
    }
}

/// A merchant rewards with its own coupons, and into a pool goes only what can be shared.
fn check(issued: &CouponRecord, record: &RedemptionRecord) -> Result<(), Refusal> {
    if issued.terms.merchant != record.merchant {
        return Err(Refusal::new(Code::NotFound, "No campaign of this merchant has this id."));
    }
    if issued.place == Place::Pooled && !issued.terms.shareable {
        return Err(Refusal::new(Code::NotShareable, "Coupons of this campaign can't be shared."));
    }
    Ok(())
}

impl RedemptionRecord {
    /// The same with the reward of one line.
    fn rewarded(&self, index: usize, reward: &str) -> Self {
        let mut next = self.clone();
        next.status = RedemptionStatus::Rewarded;
        if let Some(line) = next.lines.get_mut(index) {
            line.status = RedemptionStatus::Rewarded;
            line.reward = Some(reward.to_owned());
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::tests::record;
    use scrip_coupons::examples::coupon;

    #[test]
    fn what_the_confirmation_names_goes_before_what_the_campaign_promises() {
        let of = |named: Option<&str>, promised: Option<RewardTo>| {
            let mut coupon = coupon();
            coupon.terms.reward = promised.map(|to| Reward { campaign: "cmp_promised".into(), to });
            let record = RedemptionRecord { reward_campaign: named.map(str::to_owned), ..record(1) };
            super::promised(&record, &coupon).map(|reward| (reward.campaign, reward.to))
        };
        assert_eq!(of(None, None), None);
        assert_eq!(of(None, Some(RewardTo::Pool)), Some(("cmp_promised".into(), RewardTo::Pool)));
        assert_eq!(of(Some("cmp_named"), Some(RewardTo::Pool)), Some(("cmp_named".into(), RewardTo::Pool)));
        assert_eq!(of(Some("cmp_named"), None), Some(("cmp_named".into(), RewardTo::Sharer)));
    }

    #[test]
    fn a_merchant_rewards_with_its_own_coupons_and_pools_what_can_be_shared() {
        let code = |change: fn(&mut CouponRecord)| {
            let mut issued = coupon();
            change(&mut issued);
            check(&issued, &record(1)).err().map(|refusal| refusal.code)
        };
        assert_eq!(code(|_| ()), None);
        assert_eq!(code(|issued| issued.terms.shareable = false), None);
        assert_eq!(code(|issued| issued.place = Place::Pooled), None);
        assert_eq!(code(|issued| issued.terms.merchant = "mch_2".into()), Some(Code::NotFound));
        let pooled =
            |issued: &mut CouponRecord| (issued.place, issued.terms.shareable) = (Place::Pooled, false);
        assert_eq!(code(pooled), Some(Code::NotShareable));
    }

    #[test]
    fn a_reward_is_noted_on_its_own_line() {
        let rewarded = record(2).rewarded(1, "cpn_reward");
        assert_eq!(rewarded.status, RedemptionStatus::Rewarded);
        assert_eq!(rewarded.lines[0], record(2).lines[0]);
        let line = &rewarded.lines[1];
        assert_eq!((line.status, line.reward.as_deref()), (RedemptionStatus::Rewarded, Some("cpn_reward")));
    }
}
