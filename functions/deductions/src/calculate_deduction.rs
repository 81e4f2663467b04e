//! `POST /v1/deductions/calculations`: what a purchase would cost. Nothing is kept of it, so that a repeated request is
//! calculated again, with the items as they are then.

use crate::Counter;
use scrip_deduction_items::{CalculationRequest, CalculationView, unknown_merchant};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found` for the merchant or an item, `amount-too-large`.
pub(crate) async fn calculate_deduction(deductions: Counter, call: Call) -> Answer {
    let own = match call.principal() {
        Principal::User(_) => None,
        Principal::Device(_) | Principal::Unproven => Some(call.terminal()?.merchant.as_str()),
    };
    // Every POST wants a key, so that no client has to know which of them may go without.
    call.origin()?;
    let request: CalculationRequest = call.body()?;
    if own.is_some_and(|own| own != request.merchant) {
        return Err(unknown_merchant().into());
    }

    Reply::ok(&deductions.calculate(&request).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "calculate-deduction",
        "Calculate what a purchase would cost",
        &[Code::WrongRole, Code::CurrencyMismatch, Code::NotFound, Code::AmountTooLarge],
    )
    .request::<CalculationRequest>()
    .response::<CalculationView>(200)
}
