//! Task of the machine `bill-expiry`: a bill's time is over.

use crate::Desk;
use scrip_bills::Expiry;
use scrip_function::Outcome;
use serde::Deserialize;

/// Which bill.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) bill: String,
}

/// Expires an empty bill, or asks for the verification of one with items.
pub(crate) async fn expire_bill(bills: Desk, task: Task) -> Outcome<Expiry> {
    bills.expire(&task.bill).await
}
