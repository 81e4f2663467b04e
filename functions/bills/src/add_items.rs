//! `POST /v1/bills/{bill}/items`: a terminal in proximity adds items to an open bill.

use crate::{Desk, bill_in};
use scrip_bills::{AddItems, Added};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `presentation-code-refused`, `bill-not-open`, `expired`, `currency-mismatch`, `amount-too-large`,
/// `too-many-items`, `ceiling-exceeded`.
pub(crate) async fn add_items(bills: Desk, call: Call) -> Answer {
    let terminal = call.terminal()?;
    let bill = bill_in(&call)?;
    // The code is a secret for a moment only, but what is stored of the request must not give it away either.
    let origin = call.origin_by(&bills.keyring()?.derive("request", "add-items"))?;
    let request: AddItems = call.body()?;

    let added = bills.add_items(&bill, &terminal.id, &terminal.merchant, &request, &origin).await?;

    Ok(Reply::created(&added.value)?.replayed(added.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "add-items",
        "Add items to a bill in proximity",
        &[
            Code::WrongRole,
            Code::NotFound,
            Code::PresentationCodeRefused,
            Code::BillNotOpen,
            Code::Expired,
            Code::CurrencyMismatch,
            Code::AmountTooLarge,
            Code::TooManyItems,
            Code::CeilingExceeded,
        ],
    )
    .request::<AddItems>()
    .response::<Added>(201)
}
