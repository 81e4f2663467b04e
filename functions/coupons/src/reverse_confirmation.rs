//! The merchant's server takes a confirmation back.

use crate::paths::OfConfirmation;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{ConfirmationView, Redemptions};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "reverse-confirmation",
        "Take a confirmation back, with the rewards it brought",
        reverse_confirmation,
    )
    .description("Within 24 hours. The coupons can be used again, and unused rewards are gone, all or none.")
    .callers(&[Caller::Server])
    .refuses(&[
        Code::MalformedJson,
        Code::InvalidRequest,
        Code::NotFound,
        Code::NotRedeemed,
        Code::AlreadyReversed,
        Code::ReversalWindowOver,
        Code::RewardUsed,
    ])
    .response::<ConfirmationView>(201)
    .budget(4, 22)
}

pub(crate) async fn reverse_confirmation(redemptions: Redemptions, call: Call<OfConfirmation>) -> Answer {
    let server = call.server()?;
    let confirmation = call.path.confirmation()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = redemptions.reverse_confirmation(&server.merchant, &confirmation, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}
