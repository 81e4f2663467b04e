//! `GET /v1/pos/transactions/{transaction}`: what became of a transaction, by its id or order reference.

use crate::{Till, reference_in};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::TransactionView;
use scrip_refusal::Code;

/// # Errors
/// `not-found`, also for a transaction of another point of sale.
pub(crate) async fn get_pos_transaction(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    Reply::ok(&till.transaction_view(&device.id, &reference_in(&call)?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-pos-transaction", "Read a transaction", &[Code::WrongRole, Code::NotFound])
        .response::<TransactionView>(200)
}
