//! What the machine `coupon-reward` does first with a confirmation: each of its codes is judged as of when it was
//! received, and used or refused, one transaction each. What was judged is never judged again.

use crate::confirm::open;
use crate::judge::{Attempt, Judged, judge, with_miss};
use crate::limits::CONFIRMED_CODE_MINUTES;
use crate::redeem::Occasion;
use crate::redemption::{Line, RedemptionRecord, RedemptionStatus};
use crate::redemptions::Redemptions;
use scrip_clock::{SignedDuration, Timestamp};
use scrip_coupons::{CouponCode, CouponRecord, changed};
use scrip_refusal::{Code, Failure};
use scrip_store::Transaction;
use serde::Serialize;

/// What became of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RedeemOutcome {
    /// At least one coupon is used.
    Redeemed,
    /// None could be used.
    Refused,
    /// It was reversed before.
    Ended,
}

/// The answer to the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Followed<T> {
    /// What became of it.
    pub outcome: T,
}

/// A code of a line, with the coupon that its alias names, as it was read.
struct Presented {
    index: usize,
    code: Option<CouponCode>,
    coupon: Option<CouponRecord>,
}

/// What a code comes to.
enum Verdict {
    Used(Box<CouponRecord>, Judged),
    Refused { coupon: Option<Box<CouponRecord>>, is_miss: bool, reason: Code },
}

impl Redemptions {
    /// Judges what has not been judged of a confirmation. A verification has been, when it was made.
    ///
    /// # Errors
    /// Busy: what was done before stays done, and the rest is to be tried again.
    pub async fn redeem_confirmation(&self, id: &str) -> Result<Followed<RedeemOutcome>, Failure> {
        self.store.until_unchanged(|| self.try_redeem(id)).await
    }

    async fn try_redeem(&self, id: &str) -> Result<Followed<RedeemOutcome>, Failure> {
        let mut record = self.redemption(id).await?.ok_or_else(no_such_redemption)?;
        if record.status == RedemptionStatus::Accepted {
            for presented in self.presented(&record).await? {
                record = self.use_line(record, presented).await?;
            }
        }
        let outcome = match record.status {
            RedemptionStatus::Redeemed | RedemptionStatus::Rewarded => RedeemOutcome::Redeemed,
            RedemptionStatus::Refused => RedeemOutcome::Refused,
            RedemptionStatus::Reversed => RedeemOutcome::Ended,
            RedemptionStatus::Accepted => return Err(Failure::broken("it has no codes")),
        };
        Ok(Followed { outcome })
    }

    /// The codes that have not been judged, with their coupons.
    async fn presented(&self, record: &RedemptionRecord) -> Result<Vec<Presented>, Failure> {
        let mut waiting = Vec::new();
        for (index, line) in record.lines.iter().enumerate() {
            if line.status == RedemptionStatus::Accepted {
                let sealed =
                    line.code.as_deref().ok_or_else(|| Failure::broken("a line without its code"))?;
                let code = open(self.keyring()?, &record.id, index, sealed)?;
                waiting.push(Presented { index, code: CouponCode::parse(&code).ok(), coupon: None });
            }
        }
        let read: Vec<_> = waiting.iter_mut().filter(|presented| presented.code.is_some()).collect();
        let codes = read.iter().filter_map(|presented| presented.code.as_ref());
        let coupons: Vec<_> = codes.map(|code| CouponRecord::key(code.alias).at(&self.table)).collect();
        let coupons: Vec<Option<CouponRecord>> = self.store.read(coupons).await?;
        for (presented, coupon) in read.into_iter().zip(coupons) {
            presented.coupon = coupon;
        }
        Ok(waiting)
    }

    /// Judges one code and stores what it comes to: the redemption as it is then.
    async fn use_line(
        &self,
        record: RedemptionRecord,
        presented: Presented,
    ) -> Result<RedemptionRecord, Failure> {
        let index = presented.index;
        let (coupon, judged) = match self.verdict(&record, presented)? {
            Verdict::Used(coupon, judged) => (coupon, judged),
            Verdict::Refused { coupon, is_miss, reason } => {
                let at = record.time()?;
                let missed = coupon.as_ref().filter(|_| is_miss).and_then(|coupon| with_miss(coupon, at));
                let named = coupon.filter(|_| !is_miss).map(|coupon| coupon.id);
                return self.refuse_line(record, index, named, reason, missed).await;
            }
        };
        let id = coupon.id.clone();
        let next = record.with_line(index, |line| {
            line.status = RedemptionStatus::Redeemed;
            line.coupon = Some(id.clone());
            line.deducted = judged.deducted.map(|deducted| deducted.amount);
            line.user = Some(judged.user.clone());
            line.sharer.clone_from(&judged.sharer);
        });
        let begun = || -> Result<Transaction<'_>, Failure> {
            let mut transaction = Transaction::new();
            transaction.require(next.clone().replace(&self.table)?, |_| changed());
            Ok(transaction)
        };
        let occasion = Occasion { redemption: &record.id, store: None, operator: None, at: record.at };
        match self.commit_use(&coupon, &occasion, &judged, begun).await {
            Ok(_) => Ok(next.stored()),
            Err(Failure::Refused(refusal)) => {
                self.refuse_line(record, index, Some(id), refusal.code, None).await
            }
            Err(failure) => Err(failure),
        }
    }

    fn verdict(&self, record: &RedemptionRecord, presented: Presented) -> Result<Verdict, Failure> {
        let unknown = Verdict::Refused { coupon: None, is_miss: false, reason: Code::CodeNotAccepted };
        let (Some(code), Some(coupon)) = (presented.code, presented.coupon.map(Box::new)) else {
            return Ok(unknown);
        };
        if coupon.terms.merchant != record.merchant {
            return Ok(unknown);
        }
        let at = record.time()?;
        let since = at - SignedDuration::from_mins(CONFIRMED_CODE_MINUTES);
        let shown = code.shows(&coupon, self.keyring()?, since, at);
        let total = record.order.as_ref().and_then(|order| order.total);
        let attempt = Attempt { merchant: &record.merchant, store: None, total, at };
        let refused = |coupon, reason| {
            Ok(Verdict::Refused { coupon: Some(coupon), is_miss: reason == Code::CodeNotAccepted, reason })
        };
        match judge(&coupon, shown, &attempt)? {
            Ok(judged) if record.takes(&judged) => Ok(Verdict::Used(coupon, judged)),
            Ok(_) => refused(coupon, Code::NotApplicable),
            Err(reason) => refused(coupon, reason),
        }
    }

    /// Stores that a code could not be used, and a miss if it was wrong.
    async fn refuse_line(
        &self,
        record: RedemptionRecord,
        index: usize,
        coupon: Option<String>,
        reason: Code,
        missed: Option<CouponRecord>,
    ) -> Result<RedemptionRecord, Failure> {
        let next = record.with_line(index, |line| {
            line.status = RedemptionStatus::Refused;
            line.coupon = coupon;
            line.reason = Some(reason.to_string());
        });
        let mut transaction = Transaction::new();
        transaction.require(next.clone().replace(&self.table)?, |_| changed());
        if let Some(missed) = missed {
            transaction.require(missed.replace(&self.table)?, |_| changed());
        }
        self.store.commit(transaction).await?;
        Ok(next.stored())
    }
}

impl RedemptionRecord {
    /// The same with one line judged; and itself, once all are.
    fn with_line(&self, index: usize, judge: impl FnOnce(&mut Line)) -> Self {
        let mut next = self.clone();
        if let Some(line) = next.lines.get_mut(index) {
            line.code = None;
            judge(line);
        }
        if next.lines.iter().all(|line| line.status != RedemptionStatus::Accepted) {
            let is_used = next.lines.iter().any(Line::is_used);
            next.status = if is_used { RedemptionStatus::Redeemed } else { RedemptionStatus::Refused };
        }
        next
    }

    /// The same as it is stored after [`Self::replace`].
    pub(crate) fn stored(mut self) -> Self {
        self.version = self.version.saturating_add(1);
        self
    }

    /// When it was received.
    pub(crate) fn time(&self) -> Result<Timestamp, Failure> {
        Timestamp::from_millisecond(self.at).map_err(Failure::broken)
    }

    /// Whether there is as much left of the order as a coupon takes off, after those before it.
    fn takes(&self, judged: &Judged) -> bool {
        let Some(total) = self.order.as_ref().and_then(|order| order.total) else { return true };
        let before: i64 = self.lines.iter().filter_map(|line| line.deducted).sum();
        let deducted = judged.deducted.map_or(0, |deducted| deducted.amount);
        before.saturating_add(deducted) <= total.amount
    }
}

pub(crate) fn no_such_redemption() -> Failure {
    Failure::broken("no redemption has this id")
}

#[cfg(test)]
pub(crate) mod tests;
