//! What a purchase would cost. Nothing is kept of it, so that a repeated request is
//! calculated again, with the items as they are then.

use scrip_deduction_items::{CalculationRequest, CalculationView, Deductions, unknown_merchant};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("calculate-deduction", "Calculate what a purchase would cost", calculate_deduction)
        .description(
            "Nothing is kept of it. Items that apply without being named are added; the steps tell what each \
             item deducts, or why not.",
        )
        .callers(&[Caller::User, Caller::Terminal])
        .refuses(&[Code::CurrencyMismatch, Code::NotFound, Code::AmountTooLarge])
        .request::<CalculationRequest>()
        .response::<CalculationView>(200)
        .budget(1, 0)
}

pub(crate) async fn calculate_deduction(deductions: Deductions, call: Call) -> Answer {
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
