//! The user gives up a bill without items.

use crate::paths::OfBill;
use scrip_bills::{BillSummary, Bills};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("cancel-bill", "Cancel a bill without items", cancel_bill)
        .description("While it is open. Terminals add nothing to it from then on.")
        .callers(&[Caller::User])
        .refuses(&[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::BillNotEmpty,
        ])
        .response::<BillSummary>(200)
        .budget(2, 1)
}

pub(crate) async fn cancel_bill(bills: Bills, call: Call<OfBill>) -> Answer {
    let user = call.user()?;
    let bill = call.path.bill()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let cancelled = bills.cancel(&user.id, &bill, &origin).await?;

    Ok(Reply::ok(&cancelled.value)?.replayed(cancelled.replayed))
}
