//! A point of sale takes a transaction back, by its id or, if it
//! never learnt that, by its order reference.

use crate::paths::OfTransaction;
use crate::pos_of;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, TransactionView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "reverse-pos-transaction",
        "Take a transaction back before it is settled",
        reverse_pos_transaction,
    )
    .description(
        "By its id, or by the point of sale's own order reference. The payer has the money back at once, and \
         the authorization its limits. A reversal that comes before its transaction sees to it that nothing \
         is paid.",
    )
    .callers(&[Caller::PointOfSale])
    .refuses(&[
        Code::MalformedJson,
        Code::InvalidRequest,
        Code::NotFound,
        Code::AccountClosed,
        Code::AmountTooLarge,
        Code::TransactionDeclined,
        Code::TransactionReversed,
        Code::TransactionSettled,
    ])
    .response::<TransactionView>(201)
    .budget(2, 12)
}

pub(crate) async fn reverse_pos_transaction(offline: Offline, call: Call<OfTransaction>) -> Answer {
    let device = call.pos()?;
    let reference = call.path.transaction()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = offline.reverse(pos_of(device), &reference, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}
