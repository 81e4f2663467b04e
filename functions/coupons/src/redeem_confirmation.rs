//! Task of the machine `coupon-reward`: a confirmation was taken from the queue, or a verification was made.

use scrip_function::{Operation, Outcome};
use scrip_redemptions::{Followed, RedeemOutcome, Redemptions};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task(
        "redeem-confirmation",
        "Use the coupons whose codes have not been judged",
        redeem_confirmation,
    )
    .budget(3, 10)
}

/// Which verification or confirmation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) redemption: String,
}

pub(crate) async fn redeem_confirmation(
    redemptions: Redemptions,
    task: Task,
) -> Outcome<Followed<RedeemOutcome>> {
    redemptions.redeem_confirmation(&task.redemption).await
}
