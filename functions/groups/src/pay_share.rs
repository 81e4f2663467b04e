//! A share is paid by who is asked, or by another member for them.

use crate::paths::OfRequest;
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{PaidShare, PayShare, Payments};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("pay-share", "Pay a share of a payment request", pay_share)
        .description(
            "All that is due on it, or a part; the caller's own, or that of whom `for` names. However often and by \
             whomever it is tried, no more is paid than is due. The payee has the money at once.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::CardNumberRefused,
            Code::NotFound,
            Code::CurrencyMismatch,
            Code::SameAccount,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountTooLarge,
            Code::LimitExceeded,
            Code::NotAsked,
            Code::RequestNotOpen,
            Code::ShareSettled,
            Code::AmountAboveDue,
        ])
        .request::<PayShare>()
        .response::<PaidShare>(201)
        .budget(3, 8)
}

pub(crate) async fn pay_share(payments: Payments, call: Call<OfRequest>) -> Answer {
    let user = call.user()?;
    let request = call.path.payment_request()?;
    let origin = call.origin()?;
    let payment: PayShare = call.body()?;
    refuse_card_number(&payment.account, "/account")?;

    let paid = payments.pay(&user.id, &request, &payment, &origin).await?;

    Ok(Reply::created(&paid.value)?.replayed(paid.replayed))
}
