//! Task of the machine `payment-request`: a moment for which a request waits has come.

use scrip_function::{Operation, Outcome};
use scrip_group_payments::{Payments, Tended};
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::task(
        "tend-payment-request",
        "Announce a payment request, remind of it, or end it",
        tend_payment_request,
    )
    .budget(2, 198)
}

/// Which request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) payment_request: String,
}

pub(crate) async fn tend_payment_request(payments: Payments, task: Task) -> Outcome<Tended> {
    payments.tend(&task.payment_request).await
}
