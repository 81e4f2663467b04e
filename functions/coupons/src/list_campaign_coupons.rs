//! `GET /v1/campaigns/{campaign}/coupons`: all that were taken, for the merchant's owner and operators.

use crate::{Desk, campaign_in, no_such_campaign};
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-cursor`.
pub(crate) async fn list_campaign_coupons(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;
    let campaign = desk.campaign(&campaign_in(&call)?).await?;
    let member = desk.directory.require_member(&campaign.terms.merchant, &user.id).await;
    member.map_err(no_such_campaign)?;

    Reply::page(&desk.coupons_of_campaign(&campaign.id, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-campaign-coupons",
        "List a campaign's coupons and where they stand",
        &[Code::WrongRole, Code::NotFound],
    )
    .list::<CouponView>()
}
