//! `POST /v1/bills/{bill}/cancellations`: the user gives up a bill without items.

use crate::{Desk, bill_in};
use scrip_bills::BillSummary;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `bill-not-open`, `expired`, `bill-not-empty`.
pub(crate) async fn cancel_bill(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let bill = bill_in(&call)?;
    let origin = call.origin()?;
    call.empty_body()?;

    let cancelled = bills.cancel(&user.id, &bill, &origin).await?;

    Ok(Reply::ok(&cancelled.value)?.replayed(cancelled.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "cancel-bill",
        "Cancel a bill without items",
        &[
            Code::WrongRole,
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::BillNotEmpty,
        ],
    )
    .response::<BillSummary>(200)
}
