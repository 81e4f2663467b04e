//! The user raises the ceiling or extends the time.

use crate::paths::OfBill;
use scrip_bills::{Amendment, BillSummary, Bills};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("amend-bill", "Change the terms of a bill", amend_bill)
        .description(
            "The ceiling, or the time, or both, while the bill is open. `version` is the one that the user \
             saw: if the terms have changed since, nothing does.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::VersionStale,
            Code::CurrencyMismatch,
            Code::CeilingBelowTotal,
        ])
        .request::<Amendment>()
        .response::<BillSummary>(200)
        .budget(2, 1)
}

pub(crate) async fn amend_bill(bills: Bills, call: Call<OfBill>) -> Answer {
    let user = call.user()?;
    let bill = call.path.bill()?;
    let amendment: Amendment = call.body()?;
    let origin = call.origin_or_body();

    let amended = bills.amend(&user.id, &bill, &amendment, &origin).await?;

    Ok(Reply::ok(&amended.value)?.replayed(amended.replayed))
}
