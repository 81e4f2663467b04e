//! A point of sale asks to be paid with the code that a payer presents.

use crate::pos_of;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{DeclineCause, Offline, PosPayment, TransactionView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("create-pos-transaction", "Ask to be paid with a secure code", create_pos_transaction)
        .description(
            "Decided at once. Approved, the money leaves the payer's account, and is the merchant's at \
             `settles_at`; until then the point of sale can take it back. Declined is an answer and no \
             error: `reason` tells why, for every kind of wrong code `code-not-accepted`.",
        )
        .callers(&[Caller::PointOfSale])
        .refuses(&[Code::OrderReferenceReused, Code::CurrencyMismatch])
        .request::<PosPayment>()
        .response::<TransactionView>(201)
        .budget(2, 14)
}

pub(crate) async fn create_pos_transaction(offline: Offline, call: Call) -> Answer {
    let device = call.pos()?;
    // Codes and PINs are not to be guessed from the hash that is stored of the request.
    let origin = call.origin_by(&offline.keyring()?.request_keys("create-pos-transaction"))?;
    let request: PosPayment = call.body()?;
    let pos = pos_of(device);
    let order = request.check(pos, offline.now(), "")?;

    let answered = offline.transact(pos, &order, &origin, call.request_id()).await?;

    let cause = answered.cause.map(DeclineCause::as_str);
    Ok(Reply::created(&answered.view)?.replayed(answered.replayed).because(cause))
}
