//! `GET /v1/campaigns/{campaign}`: a campaign, for whoever may take a coupon of it.

use crate::{Desk, campaign_in};
use scrip_coupons::CampaignView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`.
pub(crate) async fn get_campaign(desk: Desk, call: Call) -> Answer {
    call.user()?;

    Reply::ok(&desk.campaign(&campaign_in(&call)?).await?.view()?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-campaign", "Read a campaign", &[Code::WrongRole, Code::NotFound])
        .response::<CampaignView>(200)
}
