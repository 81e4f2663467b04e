//! The owner issues coupons.

use crate::paths::OfMerchant;
use scrip_coupons::{CampaignView, Coupons, NewCampaign};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("create-campaign", "Issue a campaign of coupons", create_campaign)
        .description(
            "Its coupons can be taken at once, and used from `valid_from` on. Nothing of it changes later. \
             The reward is another campaign of the same merchant; only shareable coupons bring one.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::CurrencyMismatch])
        .request::<NewCampaign>()
        .response::<CampaignView>(201)
        .budget(3, 72)
}

pub(crate) async fn create_campaign(coupons: Coupons, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let origin = call.origin()?;
    let request: NewCampaign = call.body()?;
    let merchant = coupons.directory.merchant_of_owner(&merchant, &user.id).await?;

    let created = coupons.create_campaign(&merchant, &request, &origin).await?;

    Ok(Reply::created(&created.value.view()?)?.replayed(created.replayed))
}
