//! What became of a transaction, by its id or order reference.

use crate::paths::OfTransaction;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, TransactionView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-pos-transaction", "Read a transaction", get_pos_transaction)
        .description("By its id, or by the point of sale's own order reference.")
        .callers(&[Caller::PointOfSale])
        .refuses(&[Code::NotFound])
        .response::<TransactionView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_pos_transaction(offline: Offline, call: Call<OfTransaction>) -> Answer {
    let device = call.pos()?;
    Reply::ok(&offline.transaction_view(&device.id, &call.path.transaction()?).await?)
}
