//! The merchant's server follows a confirmation.

use crate::paths::OfConfirmation;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{ConfirmationView, Redemptions};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-confirmation", "Follow a confirmation", get_confirmation)
        .description("`coupons` tells what became of each code.")
        .callers(&[Caller::Server])
        .refuses(&[Code::NotFound])
        .response::<ConfirmationView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_confirmation(redemptions: Redemptions, call: Call<OfConfirmation>) -> Answer {
    let server = call.server()?;
    let confirmation = call.path.confirmation()?;
    Reply::ok(&redemptions.confirmation(&server.merchant, &confirmation).await?)
}
