//! How a payment came about, for its payer and its merchant.

use crate::paths::OfTransfer;
use scrip_deduction_items::{Deductions, Reader, ReceiptView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "get-deduction-receipt",
        "Read how a payment with deductions came about",
        get_deduction_receipt,
    )
    .description("For the payer, and for the merchant's terminals.")
    .callers(&[Caller::User, Caller::Terminal])
    .refuses(&[Code::NotFound])
    .response::<ReceiptView>(200)
    .budget(3, 0)
}

pub(crate) async fn get_deduction_receipt(deductions: Deductions, call: Call<OfTransfer>) -> Answer {
    let reader = match call.principal() {
        Principal::User(user) => Reader::User(&user.id),
        Principal::Device(_) | Principal::Unproven => Reader::Merchant(&call.terminal()?.merchant),
    };
    let transfer = call.path.transfer()?;

    Reply::ok(&deductions.receipt(reader, &transfer).await?)
}
