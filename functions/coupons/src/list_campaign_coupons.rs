//! All that were taken, for the merchant's owner and operators.

use crate::no_such_campaign;
use crate::paths::OfCampaign;
use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "list-campaign-coupons",
        "List a campaign's coupons and where they stand",
        list_campaign_coupons,
    )
    .description(
        "For the merchant's owner and operators. A page may be shorter than asked for and still have a next \
         one.",
    )
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound])
    .list::<CouponView>()
    .budget(20, 0)
}

pub(crate) async fn list_campaign_coupons(coupons: Coupons, call: Call<OfCampaign>) -> Answer {
    let user = call.user()?;
    let page = call.page()?;
    let campaign = coupons.campaign(&call.path.campaign()?).await?;
    let member = coupons.directory.require_member(&campaign.terms.merchant, &user.id).await;
    member.map_err(no_such_campaign)?;

    Reply::page(&coupons.coupons_of_campaign(&campaign.id, &page).await?)
}
