//! `POST /v1/merchants/{merchant}/deduction-items/{item}/grants`: the owner gives a user pieces, points or stored value.

use crate::{Counter, item_in, merchant_in};
use scrip_deduction_items::{GrantRequest, GrantView};
use scrip_function::Operation;
use scrip_http::limits::refuse_card_number;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `not-grantable`, `amount-too-large`.
pub(crate) async fn grant_deduction_balance(deductions: Counter, call: Call) -> Answer {
    let user = call.user()?;
    let (merchant, item) = (merchant_in(&call)?, item_in(&call)?);
    let origin = call.origin()?;
    let request: GrantRequest = call.body()?;
    refuse_card_number(request.reference.as_deref().unwrap_or_default(), "/reference")?;
    let merchant = deductions.directory.merchant_of_owner(&merchant, &user.id).await?;

    let granted = deductions.grant(&merchant, &item, &request, &origin).await?;

    Ok(Reply::created(&granted.value)?.replayed(granted.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "grant-deduction-balance",
        "Give a user units of a deduction item",
        &[Code::WrongRole, Code::CardNumberRefused, Code::NotFound, Code::AmountTooLarge, Code::NotGrantable],
    )
    .request::<GrantRequest>()
    .response::<GrantView>(201)
}
