//! Task of the machine `pos-settlement`: the merchant can't be paid.

use scrip_function::{Operation, Outcome};
use scrip_offline::{Compensation, Offline};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task(
        "compensate-pos-transaction",
        "Give the payer the money back, and tell payer and merchant",
        compensate_pos_transaction,
    )
    .budget(2, 14)
}

/// Which transaction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    transaction: String,
}

pub(crate) async fn compensate_pos_transaction(offline: Offline, task: Task) -> Outcome<Compensation> {
    offline.compensate(&task.transaction).await
}
