//! `GET /v1/merchants/{merchant}/deduction-balances`: what a user has of a merchant's items.

use crate::{Counter, merchant_in, no_such_merchant};
use scrip_deduction_items::BalanceView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-cursor`.
pub(crate) async fn list_deduction_balances(deductions: Counter, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = merchant_in(&call)?;
    let page = call.page()?;
    deductions.directory.merchant(&merchant).await?.ok_or_else(no_such_merchant)?;

    Reply::page(&deductions.balances(&merchant, &user.id, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-deduction-balances",
        "List what one has of a merchant's deduction items",
        &[Code::WrongRole, Code::NotFound],
    )
    .list::<BalanceView>()
}
