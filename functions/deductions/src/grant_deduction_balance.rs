//! The owner gives a user pieces, points or stored value.

use crate::paths::OfItem;
use scrip_deduction_items::{Deductions, GrantRequest, GrantView};
use scrip_fields::refuse_card_number;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "grant-deduction-balance",
        "Give a user units of a deduction item",
        grant_deduction_balance,
    )
    .description(
        "Of coupons in pieces, of points in points, of stored value in minor units of the merchant's \
         currency. Other items have no balance.",
    )
    .callers(&[Caller::User])
    .refuses(&[Code::CardNumberRefused, Code::NotFound, Code::AmountTooLarge, Code::NotGrantable])
    .request::<GrantRequest>()
    .response::<GrantView>(201)
    .budget(3, 8)
}

pub(crate) async fn grant_deduction_balance(deductions: Deductions, call: Call<OfItem>) -> Answer {
    let user = call.user()?;
    let (merchant, item) = (call.path.merchant()?, call.path.item()?);
    let origin = call.origin()?;
    let request: GrantRequest = call.body()?;
    refuse_card_number(request.reference.as_deref().unwrap_or_default(), "/reference")?;
    let merchant = deductions.directory.merchant_of_owner(&merchant, &user.id).await?;

    let granted = deductions.grant(&merchant, &item, &request, &origin).await?;

    Ok(Reply::created(&granted.value)?.replayed(granted.replayed))
}
