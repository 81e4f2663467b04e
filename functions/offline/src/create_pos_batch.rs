//! A point of sale hands over what it stored while it was not connected. It is acknowledged
//! when it is stored and queued.

use crate::pos_of;
use scrip_function::{Caller, Invocation, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{BatchView, Offline, PosBatch};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("create-pos-batch", "Hand over stored transactions", create_pos_batch)
        .description(
            "Acknowledged when they are stored and queued; the batch tells later what became of each. A \
             transaction is judged as of when it occurred, at most 24 hours ago.",
        )
        .callers(&[Caller::PointOfSale])
        .refuses(&[Code::CurrencyMismatch])
        .request::<PosBatch>()
        .response::<BatchView>(202)
        .budget(1, 1)
}

/// The queue that the work waits in.
const BATCHES_QUEUE: &str = "POS_BATCHES_QUEUE";

pub(crate) async fn create_pos_batch(offline: Offline, invocation: Invocation, call: Call) -> Answer {
    let device = call.pos()?;
    let origin = call.origin_by(&offline.keyring()?.request_keys("create-pos-batch"))?;
    let request: PosBatch = call.body()?;

    let accepted = offline.accept_batch(pos_of(device), &request, &origin, call.request_id()).await?;
    for sent in invocation.send(BATCHES_QUEUE, &accepted.messages).await {
        sent?;
    }

    Ok(Reply::accepted(&accepted.batch.value)?.replayed(accepted.batch.replayed))
}
