//! What a use of a coupon writes, whoever takes it: a verification, or a third party's confirmation.

use crate::judge::Judged;
use crate::redemptions::Redemptions;
use scrip_coupons::{CouponRecord, Place, Use, changed};
use scrip_refusal::{Code, Failure, Refusal};
use scrip_store::Transaction;

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
    /// Adds the use of a coupon to a transaction, which is refused as busy if the coupon has changed since it was
    /// judged, and with `budget-exhausted` or `not-shared-with-you` for what only the write finds out.
    pub(crate) fn redeem_writes(
        &self,
        coupon: CouponRecord,
        occasion: &Occasion<'_>,
        judged: &Judged,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Failure> {
        let deducted = judged.deducted.map(|deducted| deducted.amount);
        let (campaign, has_budget) = (coupon.campaign.clone(), coupon.terms.has_budget);
        transaction.require(used(coupon, occasion, judged).replace(&self.table)?, |_| changed());
        if let Some(deducted) = deducted.filter(|_| has_budget) {
            transaction.require(self.coupons.taken_from_budget(&campaign, deducted), |_| exhausted());
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
