//! Task of the machine `pos-settlement`: the merchant can't be paid.

use crate::settle_pos_transaction::Task;
use scrip_function::{Operation, Outcome};
use scrip_offline::{CompensationOutcome, Followed, Offline};

pub(crate) fn operation() -> Operation {
    Operation::task(
        "compensate-pos-transaction",
        "Give the payer the money back, and tell payer and merchant",
        compensate_pos_transaction,
    )
    .budget(2, 14)
}

pub(crate) async fn compensate_pos_transaction(
    offline: Offline,
    task: Task,
) -> Outcome<Followed<CompensationOutcome>> {
    offline.compensate(&task.transaction).await
}
