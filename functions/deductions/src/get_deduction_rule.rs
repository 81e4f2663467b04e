//! What a terminal may keep and apply for a while.

use crate::no_such_merchant;
use crate::paths::OfItem;
use scrip_deduction_items::{Deductions, SignedRule};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-deduction-rule", "Read a deduction item's rule, signed", get_deduction_rule)
        .description(
            "The signature is a JWS by one of the keys of `/deductions/keys`: a terminal may believe the \
             rule for an hour without asking again.",
        )
        .callers(&[Caller::User, Caller::Terminal])
        .refuses(&[Code::NotFound])
        .response::<SignedRule>(200)
        .budget(1, 0)
}

pub(crate) async fn get_deduction_rule(deductions: Deductions, call: Call<OfItem>) -> Answer {
    let (merchant, item) = (call.path.merchant()?, call.path.item()?);
    if let Principal::Device(terminal) = call.principal()
        && terminal.merchant != merchant
    {
        return Err(no_such_merchant().into());
    }

    Reply::ok(&deductions.signed_rule(&merchant, &item).await?)
}
