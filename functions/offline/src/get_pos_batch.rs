//! What became of stored transactions.

use crate::paths::OfBatch;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{BatchView, Offline};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-pos-batch", "Read a batch", get_pos_batch)
        .description("With the results that there are so far, in the batch's order.")
        .callers(&[Caller::PointOfSale])
        .refuses(&[Code::NotFound])
        .response::<BatchView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_pos_batch(offline: Offline, call: Call<OfBatch>) -> Answer {
    let device = call.pos()?;
    let batch = call.path.batch()?;
    Reply::ok(&offline.batch_view(&device.id, &batch).await?)
}
