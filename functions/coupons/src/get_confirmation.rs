//! `GET /v1/confirmations/{confirmation}`: the merchant's server follows a confirmation.

use crate::Desk;
use scrip_coupons::{CONFIRMATION_PREFIX, ConfirmationView};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`; `not-found`, also for another merchant's.
pub(crate) async fn get_confirmation(desk: Desk, call: Call) -> Answer {
    let server = call.server()?;
    let confirmation = call.id("confirmation", CONFIRMATION_PREFIX)?;
    Reply::ok(&desk.confirmation(&server.merchant, &confirmation).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-confirmation", "Follow a confirmation", &[Code::WrongRole, Code::NotFound])
        .response::<ConfirmationView>(200)
}
