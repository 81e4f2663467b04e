//! `GET /v1/pos/transactions?order_reference=`: the transaction with this order reference, if there is one.

use crate::Till;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{TransactionView, is_order_reference};
use scrip_refusal::{Code, Refusal};

const ORDER_REFERENCE: &str = "order_reference";

/// # Errors
/// `wrong-role`, `invalid-request`.
pub(crate) async fn find_pos_transactions(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    call.page()?;
    let pointer = format!("/{ORDER_REFERENCE}");
    let Some(order_reference) = call.query(ORDER_REFERENCE) else {
        return Err(Refusal::field(pointer, Code::MissingField, "this parameter is required").into());
    };
    if !is_order_reference(order_reference) {
        let detail = "an order reference: letters, digits and . _ : -";
        return Err(Refusal::field(pointer, Code::InvalidField, detail).into());
    }
    Reply::page(&till.transactions(&device.id, order_reference).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("find-pos-transactions", "Find a transaction by its order reference", &[Code::WrongRole])
        .query(&[(ORDER_REFERENCE, "The point of sale's own reference; required.")])
        .list::<TransactionView>()
}
