//! Task of the machine `pos-settlement`: the merchant can't be paid.

use crate::Till;
use crate::settle_pos_transaction::Task;
use scrip_function::Outcome;
use scrip_offline::{CompensationOutcome, Followed};

/// Gives the payer the money back, and tells both.
pub(crate) async fn compensate_pos_transaction(
    till: Till,
    task: Task,
) -> Outcome<Followed<CompensationOutcome>> {
    till.compensate(&task.transaction).await
}
