//! `POST /v1/bills`: a user opens a bill for a set period.

use crate::Desk;
use scrip_bills::{OpenBill, OpenedBill};
use scrip_function::Operation;
use scrip_http::limits::refuse_card_number;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `card-number-refused`, `not-found` for the account, `currency-mismatch`.
pub(crate) async fn open_bill(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenBill = call.body()?;
    refuse_card_number(&request.account, "/account")?;

    let opened = bills.open(&user.id, &request, &origin, call.request_id()).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "open-bill",
        "Open a bill",
        &[Code::WrongRole, Code::CardNumberRefused, Code::NotFound, Code::CurrencyMismatch],
    )
    .request::<OpenBill>()
    .response::<OpenedBill>(201)
}
