//! Task of the machine `bill-expiry`: a bill's time is over.

use scrip_bills::{Bills, Expiry};
use scrip_function::{Operation, Outcome};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task(
        "expire-bill",
        "Expire an empty bill, or ask for the verification of one with items",
        expire_bill,
    )
    .budget(2, 6)
}

/// Which bill.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) bill: String,
}

pub(crate) async fn expire_bill(bills: Bills, task: Task) -> Outcome<Expiry> {
    bills.expire(&task.bill).await
}
