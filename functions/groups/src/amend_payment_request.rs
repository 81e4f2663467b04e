//! Who asks changes the note, or gives more time.

use crate::paths::OfRequest;
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{AmendRequest, PaymentRequestView, Payments};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("amend-payment-request", "Change the terms of a payment request", amend_payment_request)
        .description(
            "The note, or the time, or both, while it is open. `version` is the one that the caller saw: if the \
             terms have changed since, nothing does.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::CardNumberRefused, Code::NotFound, Code::RequestNotOpen, Code::VersionStale])
        .request::<AmendRequest>()
        .response::<PaymentRequestView>(200)
        .budget(3, 200)
}

pub(crate) async fn amend_payment_request(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    let request = call.path.payment_request()?;
    let amendment: AmendRequest = call.body()?;
    let origin = call.origin_or_body();
    if let Some(note) = &amendment.note {
        refuse_card_number(note, "/note")?;
    }

    let amended = payments.amend(&user.id, &request, &amendment, &origin).await?;

    Ok(Reply::ok(&amended.value)?.replayed(amended.replayed))
}
