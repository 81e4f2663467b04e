//! Task of the machine `bill-expiry`: nobody verified a bill in time.

use crate::Desk;
use crate::expire_bill::Task;
use scrip_bills::Lapse;
use scrip_function::Outcome;

/// Makes a bill unpaid and tells its parties.
pub(crate) async fn lapse_bill(bills: Desk, task: Task) -> Outcome<Lapse> {
    bills.lapse(&task.bill).await
}
