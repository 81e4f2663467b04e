//! Task of the machine `pos-settlement`: the time for reversals is over.

use scrip_function::{Operation, Outcome};
use scrip_offline::{Followed, Offline, SettlementOutcome};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task("settle-pos-transaction", "Pay the merchant", settle_pos_transaction).budget(2, 12)
}

/// Which transaction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) transaction: String,
}

pub(crate) async fn settle_pos_transaction(
    offline: Offline,
    task: Task,
) -> Outcome<Followed<SettlementOutcome>> {
    offline.settle(&task.transaction).await
}
