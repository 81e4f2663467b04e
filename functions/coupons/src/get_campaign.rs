//! A campaign, for whoever may take a coupon of it.

use crate::paths::OfCampaign;
use scrip_coupons::{CampaignView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-campaign", "Read a campaign", get_campaign)
        .description("For every user, who may take a coupon of it.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<CampaignView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_campaign(coupons: Coupons, call: Call<OfCampaign>) -> Answer {
    Reply::ok(&coupons.campaign(&call.path.campaign()?).await?.view()?)
}
