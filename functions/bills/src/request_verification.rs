//! `POST /v1/bills/{bill}/verification-requests`: the user, or a terminal on the bill, asks for its verification.

use crate::{Desk, bill_in};
use scrip_bills::{BillRecord, VerificationRequestView};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `bill-not-open`, `expired`, `bill-empty`, `limit-exceeded`.
pub(crate) async fn request_verification(bills: Desk, call: Call) -> Answer {
    if !matches!(call.principal(), Principal::User(_)) {
        call.terminal()?;
    }
    let bill = bill_in(&call)?;
    let origin = call.origin()?;
    call.empty_body()?;

    let takes_part = |bill: &BillRecord| match call.principal() {
        Principal::User(user) => bill.user == user.id,
        Principal::Device(device) => bill.terminals.contains_key(&device.id),
        Principal::Unproven => false,
    };
    let asked = bills.request_verification(&bill, takes_part, &origin).await?;

    Ok(Reply::created(&asked.value)?.replayed(asked.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "request-verification",
        "Ask the user to verify a bill",
        &[
            Code::WrongRole,
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::BillEmpty,
            Code::LimitExceeded,
        ],
    )
    .response::<VerificationRequestView>(201)
}
