//! What a user has of a merchant's items.

use crate::no_such_merchant;
use crate::paths::OfMerchant;
use scrip_deduction_items::{BalanceView, Deductions};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "list-deduction-balances",
        "List what one has of a merchant's deduction items",
        list_deduction_balances,
    )
    .description(
        "Pieces, points and stored value that the merchant has granted and the user has not used up, by the \
         items' names.",
    )
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound])
    .list::<BalanceView>()
    .budget(3, 0)
}

pub(crate) async fn list_deduction_balances(deductions: Deductions, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let page = call.page()?;
    deductions.directory.merchant(&merchant).await?.ok_or_else(no_such_merchant)?;

    Reply::page(&deductions.balances(&merchant, &user.id, &page).await?)
}
