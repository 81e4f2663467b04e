//! Task of the machine `coupon-reward`: it is known what became of a redemption.

use crate::redeem_confirmation::Task;
use scrip_function::{Operation, Outcome};
use scrip_redemptions::{Followed, Redemptions, ToldOutcome};

pub(crate) fn operation() -> Operation {
    Operation::task(
        "notify-redemption",
        "Tell users, sharers and the merchant what became of a redemption",
        notify_redemption,
    )
    .budget(2, 8)
}

pub(crate) async fn notify_redemption(
    redemptions: Redemptions,
    task: Task,
) -> Outcome<Followed<ToldOutcome>> {
    redemptions.notify_redemption(&task.redemption).await
}
