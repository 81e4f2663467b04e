//! Task of the machine `coupon-reward`: coupons were used.

use crate::Desk;
use crate::redeem_confirmation::Task;
use scrip_coupons::{Followed, RewardOutcome};
use scrip_function::Outcome;

/// Rewards those who had shared them.
pub(crate) async fn reward_redemption(desk: Desk, task: Task) -> Outcome<Followed<RewardOutcome>> {
    desk.coupons.reward_redemption(&task.redemption).await
}
