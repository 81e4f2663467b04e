//! Who is asked says that they will not pay.

use crate::paths::OfRequest;
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{DeclineShare, Payments, ShareView};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("decline-share", "Decline one's share of a payment request", decline_share)
        .description("Who asks reads why. The share can still be paid while the request is open.")
        .callers(&[Caller::User])
        .refuses(&[Code::CardNumberRefused, Code::NotFound, Code::RequestNotOpen, Code::ShareSettled])
        .request::<DeclineShare>()
        .response::<ShareView>(200)
        .budget(2, 1)
}

pub(crate) async fn decline_share(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    let request = call.path.payment_request()?;
    let origin = call.origin()?;
    let decline: DeclineShare = call.body()?;
    if let Some(reason) = &decline.reason {
        refuse_card_number(reason, "/reason")?;
    }

    let declined = payments.decline(&user.id, &request, decline, &origin).await?;

    Ok(Reply::ok(&declined.value)?.replayed(declined.replayed))
}
