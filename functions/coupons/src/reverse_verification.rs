//! `POST /v1/verifications/{verification}/reversals`: an operator takes a verification back on the same day.

use crate::Desk;
use scrip_coupons::{ReversalView, VERIFICATION_PREFIX};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `not-redeemed`, `already-reversed`, `reversal-window-over`, `reward-used`.
pub(crate) async fn reverse_verification(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let verification = call.id("verification", VERIFICATION_PREFIX)?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = desk.reverse_verification(&user.id, &verification, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "reverse-verification",
        "Take a verification back on the same day, with the reward it brought",
        &[
            Code::WrongRole,
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::NotRedeemed,
            Code::AlreadyReversed,
            Code::ReversalWindowOver,
            Code::RewardUsed,
        ],
    )
    .response::<ReversalView>(201)
}
