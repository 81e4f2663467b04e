//! `POST /v1/confirmations/{confirmation}/reversals`: the merchant's server takes a confirmation back.

use crate::Desk;
use scrip_coupons::{CONFIRMATION_PREFIX, ConfirmationView};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `not-redeemed`, `already-reversed`, `reversal-window-over`, `reward-used`.
pub(crate) async fn reverse_confirmation(desk: Desk, call: Call) -> Answer {
    let server = call.server()?;
    let confirmation = call.id("confirmation", CONFIRMATION_PREFIX)?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = desk.reverse_confirmation(&server.merchant, &confirmation, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "reverse-confirmation",
        "Take a confirmation back, with the rewards it brought",
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
    .response::<ConfirmationView>(201)
}
