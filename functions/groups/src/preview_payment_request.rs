//! What a split would ask of whom.

use crate::paths::OfGroup;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{Payments, PreviewPayment, PreviewedPayment};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("preview-payment-request", "Calculate a split", preview_payment_request)
        .description("What a payment request would ask of whom, to the last minor unit. It changes nothing.")
        .callers(&[Caller::User])
        .refuses(&[
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::NotAMember,
            Code::SplitMismatch,
            Code::ShareTooSmall,
        ])
        .request::<PreviewPayment>()
        .response::<PreviewedPayment>(200)
        .budget(1, 0)
}

pub(crate) async fn preview_payment_request(payments: Payments, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let group = call.path.group()?;
    call.origin()?;
    let request: PreviewPayment = call.body()?;
    Reply::ok(&payments.preview(&user.id, &group, &request).await?)
}
