//! The transaction with this order reference, if there is one.

use scrip_fields::schema::OrderReference;
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, TransactionView, is_order_reference};
use scrip_refusal::{Code, Refusal};

pub(crate) fn operation() -> Operation {
    Operation::http(
        "find-pos-transactions",
        "Find a transaction by its order reference",
        find_pos_transactions,
    )
    .description("For a point of sale that never learnt the outcome: one transaction, or none.")
    .callers(&[Caller::PointOfSale])
    .query(QUERY)
    .list::<TransactionView>()
    .budget(1, 0)
}

const ORDER_REFERENCE: &str = "order_reference";
const QUERY: &[QueryParameter] =
    &[QueryParameter::of::<OrderReference>(ORDER_REFERENCE, "The point of sale's own reference.").required()];

pub(crate) async fn find_pos_transactions(offline: Offline, call: Call) -> Answer {
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
    Reply::page(&offline.transactions(&device.id, order_reference).await?)
}
