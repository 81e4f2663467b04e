//! Task of the machine `pos-settlement`: the time for reversals is over.

use crate::Till;
use scrip_function::Outcome;
use scrip_offline::{Followed, SettlementOutcome};
use serde::Deserialize;

/// Which transaction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) transaction: String,
}

/// Pays the merchant.
pub(crate) async fn settle_pos_transaction(till: Till, task: Task) -> Outcome<Followed<SettlementOutcome>> {
    till.settle(&task.transaction).await
}
