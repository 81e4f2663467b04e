//! Task of the machine `coupon-reward`: coupons were used.

use crate::redeem_confirmation::Task;
use scrip_function::{Operation, Outcome};
use scrip_redemptions::{Followed, Redemptions, RewardOutcome};

pub(crate) fn operation() -> Operation {
    Operation::task("reward-redemption", "Reward those who had shared the coupons", reward_redemption)
        .budget(4, 14)
}

pub(crate) async fn reward_redemption(
    redemptions: Redemptions,
    task: Task,
) -> Outcome<Followed<RewardOutcome>> {
    redemptions.reward_redemption(&task.redemption).await
}
