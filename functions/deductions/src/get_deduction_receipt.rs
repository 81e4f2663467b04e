//! `GET /v1/deductions/transfers/{transfer}`: how a payment came about, for its payer and its merchant.

use crate::Counter;
use scrip_deduction_items::{Reader, ReceiptView, TRANSFER_PREFIX};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, also for a transfer in which the caller has no part.
pub(crate) async fn get_deduction_receipt(deductions: Counter, call: Call) -> Answer {
    let reader = match call.principal() {
        Principal::User(user) => Reader::User(&user.id),
        Principal::Device(_) | Principal::Unproven => Reader::Merchant(&call.terminal()?.merchant),
    };
    let transfer = call.id("transfer", TRANSFER_PREFIX)?;

    Reply::ok(&deductions.receipt(reader, &transfer).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "get-deduction-receipt",
        "Read how a payment with deductions came about",
        &[Code::WrongRole, Code::NotFound],
    )
    .response::<ReceiptView>(200)
}
