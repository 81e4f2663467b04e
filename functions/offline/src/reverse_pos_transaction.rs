//! `POST /v1/pos/transactions/{transaction}/reversals`: a point of sale takes a transaction back, by its id or, if it
//! never learnt that, by its order reference.

use crate::{Till, pos_of, reference_in};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::TransactionView;
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `account-closed`, `amount-too-large`, `transaction-declined`, `transaction-reversed`,
/// `transaction-settled`.
pub(crate) async fn reverse_pos_transaction(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    let reference = reference_in(&call)?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reversed = till.reverse(pos_of(device), &reference, &origin).await?;

    Ok(Reply::created(&reversed.value)?.replayed(reversed.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "reverse-pos-transaction",
        "Take a transaction back before it is settled",
        &[
            Code::WrongRole,
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::AccountClosed,
            Code::AmountTooLarge,
            Code::TransactionDeclined,
            Code::TransactionReversed,
            Code::TransactionSettled,
        ],
    )
    .response::<TransactionView>(201)
}
