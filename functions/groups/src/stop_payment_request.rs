//! Who asks ends a payment request.

use crate::paths::OfRequest;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{PaymentRequestView, Payments};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("stop-payment-request", "Stop a payment request", stop_payment_request)
        .description("What is due is closed; what was paid stays paid. The answer tells which is which.")
        .callers(&[Caller::User])
        .refuses(&[Code::MalformedJson, Code::InvalidRequest, Code::NotFound, Code::RequestNotOpen])
        .response::<PaymentRequestView>(200)
        .budget(3, 196)
}

pub(crate) async fn stop_payment_request(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    let request = call.path.payment_request()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let stopped = payments.stop(&user.id, &request, &origin).await?;

    Ok(Reply::ok(&stopped.value)?.replayed(stopped.replayed))
}
