//! A terminal in proximity adds items to an open bill.

use crate::paths::OfBill;
use scrip_bills::{AddItems, Added, Bills};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("add-items", "Add items to a bill in proximity", add_items)
        .description(
            "With the code that the phone shows at that moment, which counts once at each terminal. Prices \
             are fixed from then on. A bill holds at most 500 items of 20 merchants, added by 50 terminals.",
        )
        .callers(&[Caller::Terminal])
        .refuses(&[
            Code::NotFound,
            Code::PresentationCodeRefused,
            Code::BillNotOpen,
            Code::Expired,
            Code::CurrencyMismatch,
            Code::AmountTooLarge,
            Code::TooManyItems,
            Code::CeilingExceeded,
        ])
        .request::<AddItems>()
        .response::<Added>(201)
        .budget(2, 4)
}

pub(crate) async fn add_items(bills: Bills, call: Call<OfBill>) -> Answer {
    let terminal = call.terminal()?;
    let bill = call.path.bill()?;
    // The code is a secret for a moment only, but what is stored of the request must not give it away either.
    let origin = call.origin_by(&bills.keyring()?.request_keys("add-items"))?;
    let request: AddItems = call.body()?;

    let added = bills.add_items(&bill, &terminal.id, &terminal.merchant, &request, &origin).await?;

    Ok(Reply::created(&added.value)?.replayed(added.replayed))
}
