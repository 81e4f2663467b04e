//! Task of the machine `bill-expiry`: nobody verified a bill in time.

use crate::expire_bill::Task;
use scrip_bills::{Bills, Lapse};
use scrip_function::{Operation, Outcome};

pub(crate) fn operation() -> Operation {
    Operation::task("lapse-bill", "Make a bill unpaid and tell its parties", lapse_bill).budget(2, 6)
}

pub(crate) async fn lapse_bill(bills: Bills, task: Task) -> Outcome<Lapse> {
    bills.lapse(&task.bill).await
}
