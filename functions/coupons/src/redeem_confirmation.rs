//! Task of the machine `coupon-reward`: a confirmation was taken from the queue, or a verification was made.

use crate::Desk;
use scrip_coupons::{Followed, RedeemOutcome};
use scrip_function::Outcome;
use serde::Deserialize;

/// Which verification or confirmation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) redemption: String,
}

/// Uses the coupons whose codes have not been judged.
pub(crate) async fn redeem_confirmation(desk: Desk, task: Task) -> Outcome<Followed<RedeemOutcome>> {
    desk.coupons.redeem_confirmation(&task.redemption).await
}
