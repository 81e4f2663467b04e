//! Who is asked wants no reminders.

use crate::paths::OfRequest;
use scrip_function::{Caller, Operation};
use scrip_group_payments::Payments;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("mute-payment-request", "Be reminded of a payment request no more", mute_payment_request)
        .description("By the system or by who asks. Muting again changes nothing.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .budget(1, 1)
}

pub(crate) async fn mute_payment_request(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    payments.mute(&user.id, &call.path.payment_request()?, true).await?;
    Reply::no_content()
}
