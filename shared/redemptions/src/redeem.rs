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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{cny, redemptions};
    use scrip_coupons::examples::{NOW, pooled_and_reserved};

    const OCCASION: Occasion<'_> =
        Occasion { redemption: "vfy_1", store: Some("s1"), operator: Some("olga"), at: NOW };

    #[test]
    fn a_used_coupon_knows_its_use_and_no_miss_any_more() {
        let missed = CouponRecord {
            misses: 3,
            missed_at: Some(NOW),
            missed_by: Some("miss_1".into()),
            ..pooled_and_reserved()
        };
        let judged = Judged { user: "bob".into(), sharer: Some("alice".into()), deducted: Some(cny(500)) };
        let coupon = used(missed, &OCCASION, &judged);
        let expected = Use {
            redemption: "vfy_1".into(),
            user: "bob".into(),
            at: NOW,
            deducted: Some(500),
            store: Some("s1".into()),
            operator: Some("olga".into()),
            from: Place::Pooled,
            reward: None,
        };
        assert_eq!((coupon.place, coupon.used), (Place::Redeemed, Some(expected)));
        assert_eq!((coupon.misses, coupon.missed_at, coupon.missed_by), (0, None, None));
        assert_eq!(coupon.reservation, pooled_and_reserved().reservation);
    }

    #[test]
    fn a_use_holds_only_with_the_budget_and_between_contacts() {
        let writes = |sharer: Option<&str>, budget: &[TakenFromBudget]| {
            let sharer = sharer.map(str::to_owned);
            let judged = Judged { user: "bob".into(), sharer, deducted: Some(cny(500)) };
            let mut transaction = Transaction::new();
            redemptions()
                .redeem_writes(&pooled_and_reserved(), &OCCASION, &judged, budget, changed, &mut transaction)
                .unwrap();
            transaction.plan()
        };
        let alone = writes(None, &[]);
        assert_eq!(alone.len(), 1);
        assert!(alone[0].starts_with("put coupons {") && alone[0].ends_with("} IF version = 1"), "{alone:?}");
        let parts = [TakenFromBudget { shard: 3, amount: 400 }, TakenFromBudget { shard: 7, amount: 100 }];
        let all = writes(Some("alice"), &parts);
        let [_, first, second, contact] = all.as_slice() else { panic!("{all:#?}") };
        for (line, amount) in [(first, 400), (second, 100)] {
            assert!(line.ends_with(&format!(": SET left = left - {amount} IF left >= {amount}")), "{line}");
        }
        assert!(contact.starts_with("check directory ") && contact.contains("alice"), "{contact}");
        assert!(contact.ends_with(" IF mine = true AND theirs = true"), "{contact}");
    }
}
