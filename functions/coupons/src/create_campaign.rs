//! `POST /v1/merchants/{merchant}/campaigns`: the owner issues coupons.

use crate::Desk;
use scrip_coupons::{CampaignView, NewCampaign};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-request`, `currency-mismatch`.
pub(crate) async fn create_campaign(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let origin = call.origin()?;
    let request: NewCampaign = call.body()?;
    let merchant = desk.directory.merchant_of_owner(&merchant, &user.id).await?;

    let created = desk.create_campaign(&merchant, &request, &origin).await?;

    Ok(Reply::created(&created.value.view()?)?.replayed(created.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "create-campaign",
        "Issue a campaign of coupons",
        &[Code::WrongRole, Code::NotFound, Code::CurrencyMismatch],
    )
    .request::<NewCampaign>()
    .response::<CampaignView>(201)
}
