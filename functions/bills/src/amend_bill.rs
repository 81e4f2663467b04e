//! `PATCH /v1/bills/{bill}`: the user raises the ceiling or extends the time.

use crate::{Desk, bill_in};
use scrip_bills::{Amendment, BillSummary};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `bill-not-open`, `expired`, `version-stale`, `currency-mismatch`, `ceiling-below-total`.
pub(crate) async fn amend_bill(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let bill = bill_in(&call)?;
    let amendment: Amendment = call.body()?;
    Reply::ok(&bills.amend(&user.id, &bill, &amendment).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "amend-bill",
        "Change the terms of a bill",
        &[
            Code::WrongRole,
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::VersionStale,
            Code::CurrencyMismatch,
            Code::CeilingBelowTotal,
        ],
    )
    .request::<Amendment>()
    .response::<BillSummary>(200)
}
