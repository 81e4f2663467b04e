//! `GET /v1/merchants/{merchant}/deduction-items/{item}/rule`: what a terminal may keep and apply for a while.

use crate::{Counter, item_in, merchant_in, no_such_merchant};
use scrip_deduction_items::SignedRule;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, also for another merchant's terminal.
pub(crate) async fn get_deduction_rule(deductions: Counter, call: Call) -> Answer {
    let (merchant, item) = (merchant_in(&call)?, item_in(&call)?);
    if let Principal::Device(_) = call.principal()
        && call.terminal()?.merchant != merchant
    {
        return Err(no_such_merchant().into());
    }

    Reply::ok(&deductions.signed_rule(&merchant, &item).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "get-deduction-rule",
        "Read a deduction item's rule, signed",
        &[Code::WrongRole, Code::NotFound],
    )
    .response::<SignedRule>(200)
}
