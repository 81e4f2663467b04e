//! A member asks others for their shares of a sum.

use crate::paths::OfGroup;
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{AskForPayment, PaymentRequestView, Payments};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("ask-for-payment", "Ask members of a group for their shares", ask_for_payment)
        .description(
            "The request is a message of the group, which shows how it stands. All who are asked are told within \
             a minute, and reminded if they have not paid. What is not paid in time is closed; what was paid stays \
             paid.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::AccountClosed,
            Code::NotAMember,
            Code::SplitMismatch,
            Code::ShareTooSmall,
        ])
        .request::<AskForPayment>()
        .response::<PaymentRequestView>(201)
        .budget(3, 202)
}

pub(crate) async fn ask_for_payment(payments: Payments, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let group = call.path.group()?;
    let origin = call.origin()?;
    let request: AskForPayment = call.body()?;
    refuse_card_number(&request.account, "/account")?;
    if let Some(note) = &request.note {
        refuse_card_number(note, "/note")?;
    }

    let asked = payments.ask(&user.id, &group, &request, &origin, call.request_id()).await?;

    Ok(Reply::created(&asked.value)?.replayed(asked.replayed))
}
