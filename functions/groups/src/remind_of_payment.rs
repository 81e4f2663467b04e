//! Who asks reminds those who have not paid.

use crate::paths::OfRequest;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{Payments, Remind, RemindedShares};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("remind-of-payment", "Remind those who have not paid", remind_of_payment)
        .description("Once in six hours, beside what the system does. Who wants no reminders is passed over.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::NotAsked, Code::RequestNotOpen, Code::RemindedRecently])
        .request::<Remind>()
        .response::<RemindedShares>(200)
        .budget(3, 206)
}

pub(crate) async fn remind_of_payment(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    let request = call.path.payment_request()?;
    let origin = call.origin()?;
    let remind: Remind = call.body()?;

    let reminded = payments.remind(&user.id, &request, &remind, &origin).await?;

    Ok(Reply::ok(&reminded.value)?.replayed(reminded.replayed))
}
