//! A payment request, for those whom it concerns.

use crate::paths::OfRequest;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{PaymentRequestView, Payments};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-payment-request", "Read a payment request", get_payment_request)
        .description(
            "For who asks, who is asked, whether or not they are still in the group, and members who were in the \
             group when it was posted.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<PaymentRequestView>(200)
        .budget(2, 0)
}

pub(crate) async fn get_payment_request(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    Reply::ok(&payments.view(&user.id, &call.path.payment_request()?).await?)
}
