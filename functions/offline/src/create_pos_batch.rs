//! `POST /v1/pos/batches`: a point of sale hands over what it stored while it was not connected. It is acknowledged
//! when it is stored and queued.

use crate::{Till, pos_of};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{BatchView, PosBatch};
use scrip_refusal::Code;

/// The queue that the work waits in.
const BATCHES_QUEUE: &str = "POS_BATCHES_QUEUE";

/// # Errors
/// `wrong-role`, `invalid-request`, `currency-mismatch`.
pub(crate) async fn create_pos_batch(till: Till, call: Call) -> Answer {
    let device = call.pos()?;
    let origin = call.origin_by(&till.keyring()?.derive("request", "create-pos-batch"))?;
    let request: PosBatch = call.body()?;

    let accepted = till.accept_batch(pos_of(device), &request, &origin, call.request_id()).await?;
    for sent in till.invocation.world.send(BATCHES_QUEUE, &accepted.messages).await {
        sent?;
    }

    Ok(Reply::accepted(&accepted.batch.value)?.replayed(accepted.batch.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "create-pos-batch",
        "Hand over stored transactions",
        &[Code::WrongRole, Code::CurrencyMismatch],
    )
    .request::<PosBatch>()
    .response::<BatchView>(202)
}
