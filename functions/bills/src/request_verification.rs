//! The user, or a terminal on the bill, asks for its verification.

use crate::paths::OfBill;
use scrip_bills::{BillRecord, Bills, VerificationRequestView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("request-verification", "Ask the user to verify a bill", request_verification)
        .description(
            "The bill takes no more items. Its user answers until `expires_at`, with the PIN or with a \
             device's signature over `challenge`; a later request takes the place of this one.",
        )
        .callers(&[Caller::User, Caller::Terminal])
        .refuses(&[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::BillNotOpen,
            Code::Expired,
            Code::BillEmpty,
            Code::LimitExceeded,
        ])
        .response::<VerificationRequestView>(201)
        .budget(2, 4)
}

pub(crate) async fn request_verification(bills: Bills, call: Call<OfBill>) -> Answer {
    let bill = call.path.bill()?;
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
