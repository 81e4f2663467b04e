//! `POST /v1/pos/transactions`: a point of sale asks to be paid with the code that a payer presents.

use crate::{Till, pos_of};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{DeclineCause, PosPayment, TransactionView};
use scrip_refusal::Code;

/// # Errors
/// `idempotency-key-reused`, `order-reference-reused`, `currency-mismatch`. A decline is an answer.
pub(crate) async fn create_pos_transaction(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    // Codes and PINs are not to be guessed from the hash that is stored of the request.
    let origin = call.origin_by(&till.keyring()?.derive("request", "create-pos-transaction"))?;
    let request: PosPayment = call.body()?;
    let pos = pos_of(device);
    let order = request.check(pos, till.now(), "")?;

    let answered = till.transact(pos, &order, &origin, call.request_id()).await?;

    let cause = answered.cause.map(DeclineCause::as_str);
    Ok(Reply::created(&answered.view)?.replayed(answered.replayed).because(cause))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "create-pos-transaction",
        "Ask to be paid with a secure code",
        &[Code::WrongRole, Code::OrderReferenceReused, Code::CurrencyMismatch],
    )
    .request::<PosPayment>()
    .response::<TransactionView>(201)
}
