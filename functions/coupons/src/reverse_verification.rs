//! An operator takes a verification back on the same day.

use crate::paths::OfVerification;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{Redemptions, ReversalView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "reverse-verification",
        "Take a verification back on the same day, with the reward it brought",
        reverse_verification,
    )
    .description(
        "By an operator of that store. The coupon can be used again, and an unused reward is gone, both or \
         none.",
    )
    .callers(&[Caller::User])
    .refuses(&[
        Code::MalformedJson,
        Code::InvalidRequest,
        Code::NotFound,
        Code::NotRedeemed,
        Code::AlreadyReversed,
        Code::ReversalWindowOver,
        Code::RewardUsed,
    ])
    .response::<ReversalView>(201)
    .budget(4, 22)
}

pub(crate) async fn reverse_verification(redemptions: Redemptions, call: Call<OfVerification>) -> Answer {
    let user = call.user()?;
    let verification = call.path.verification()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = redemptions.reverse_verification(&user.id, &verification, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}
