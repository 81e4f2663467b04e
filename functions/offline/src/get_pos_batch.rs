//! `GET /v1/pos/batches/{batch}`: what became of stored transactions.

use crate::Till;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{BATCH_PREFIX, BatchView};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, also for a batch of another point of sale.
pub(crate) async fn get_pos_batch(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    let batch = call.id("batch", BATCH_PREFIX)?;
    Reply::ok(&till.batch_view(&device.id, &batch).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-pos-batch", "Read a batch", &[Code::WrongRole, Code::NotFound])
        .response::<BatchView>(200)
}
