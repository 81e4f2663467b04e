//! A user opens a bill for a set period.

use scrip_bills::{Bills, OpenBill, OpenedBill};
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("open-bill", "Open a bill", open_bill)
        .description(
            "Until `effective_until`, terminals nearby add items with codes that the phone makes of \
             `presentation_key`. Then an empty bill expires; one with items waits for its verification for \
             the grace period, and is unpaid after that.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::CardNumberRefused, Code::NotFound, Code::CurrencyMismatch])
        .request::<OpenBill>()
        .response::<OpenedBill>(201)
        .budget(2, 1)
}

pub(crate) async fn open_bill(bills: Bills, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenBill = call.body()?;
    refuse_card_number(&request.account, "/account")?;

    let opened = bills.open(&user.id, &request, &origin, call.request_id()).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}
