//! What a use of a coupon writes, whoever takes it: a verification, or a third party's confirmation.

use crate::judge::Judged;
use crate::redemptions::Redemptions;
use scrip_coupons::{CouponRecord, Place, TakenFromBudget, Use, changed};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::{Commit, Transaction};

/// What takes a coupon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// The verification or confirmation.
    pub redemption: &'a str,
    /// The store, if it is verified in one.
    pub store: Option<&'a str>,
    /// The operator, if one verifies it.
    pub operator: Option<&'a str>,
    /// In milliseconds since the epoch.
    pub at: i64,
}

impl Redemptions {
    /// Commits the use of a coupon together with what `begun` holds. What it takes off a budget comes from the coupon's own
    /// part of it or, where that has too little, from others.
    ///
    /// # Errors
    /// As changed, if the coupon has changed since it was judged; `budget-exhausted` and `not-shared-with-you` for what
    /// only the write finds out.
    pub(crate) async fn commit_use<'a>(
        &self,
        coupon: &CouponRecord,
        occasion: &Occasion<'_>,
        judged: &Judged,
        begun: impl Fn() -> Result<Transaction<'a>, Failure>,
    ) -> Result<Commit, Failure> {
        let deducted = judged.of_budget(coupon);
        let own = deducted.map(|amount| TakenFromBudget { shard: coupon.shard, amount });
        let mut transaction = begun()?;
        let own: Vec<_> = own.into_iter().collect();
        self.redeem_writes(coupon, occasion, judged, &own, || exhausted().into(), &mut transaction)?;
        let failure = match self.store.commit(transaction).await {
            Err(failure) if failure.code() == Some(Code::BudgetExhausted) => failure,
            other => return other,
        };
        let gathered =
            self.coupons.gathered_from_budget(&coupon.campaign, deducted.unwrap_or_default()).await?;
        let Some(gathered) = gathered else { return Err(failure) };
        let mut transaction = begun()?;
        self.redeem_writes(coupon, occasion, judged, &gathered, changed, &mut transaction)?;
        self.store.commit(transaction).await
    }

    fn redeem_writes(
        &self,
        coupon: &CouponRecord,
        occasion: &Occasion<'_>,
        judged: &Judged,
        budget: &[TakenFromBudget],
        too_little: fn() -> Failure,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Failure> {
        let write = used(coupon.clone(), occasion, judged).replace(&self.table)?;
        transaction.require(write, |_| changed());
        for taken in budget {
            let write = self.coupons.taken_from_budget(&coupon.campaign, *taken);
            transaction.require(write, move |_| too_little());
        }
        if let Some(sharer) = &judged.sharer {
            transaction.require(self.directory.contact_check(sharer, &judged.user), |_| not_shared());
        }
        Ok(())
    }
}

/// The coupon once it is used. The reservation stays: it says whose code it was.
fn used(coupon: CouponRecord, occasion: &Occasion<'_>, judged: &Judged) -> CouponRecord {
    CouponRecord {
        place: Place::Redeemed,
        used: Some(Use {
            redemption: occasion.redemption.to_owned(),
            user: judged.user.clone(),
            at: occasion.at,
            deducted: judged.deducted.map(|deducted| deducted.amount),
            store: occasion.store.map(str::to_owned),
            operator: occasion.operator.map(str::to_owned),
            from: coupon.place,
            reward: None,
        }),
        misses: 0,
        missed_at: None,
        missed_by: None,
        ..coupon
    }
}

fn exhausted() -> Refusal {
    Refusal::new(Code::BudgetExhausted, "The campaign has less left than this would take off.")
}

fn not_shared() -> Refusal {
    let detail = "Who shared the coupon and who would use it are no longer contacts of each other.";
    Refusal::new(Code::NotSharedWithYou, detail)
}
