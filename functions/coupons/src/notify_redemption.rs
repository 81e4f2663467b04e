//! Task of the machine `coupon-reward`: it is known what became of a redemption.

use crate::Desk;
use crate::redeem_confirmation::Task;
use scrip_coupons::{Followed, ToldOutcome};
use scrip_function::Outcome;

/// Tells users, sharers and the merchant.
pub(crate) async fn notify_redemption(desk: Desk, task: Task) -> Outcome<Followed<ToldOutcome>> {
    desk.coupons.notify_redemption(&task.redemption).await
}
