//! `GET /v1/merchants/{merchant}/campaigns`: what a merchant offers, newest first, for any user.

use crate::Desk;
use scrip_coupons::CampaignView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::{Code, Refusal};

/// # Errors
/// `wrong-role`, `not-found`, `invalid-cursor`.
pub(crate) async fn list_campaigns(desk: Desk, call: Call) -> Answer {
    call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let page = call.page()?;

    let campaigns = desk.campaigns(&merchant, &page).await?;
    if campaigns.items.is_empty() && desk.directory.merchant(&merchant).await?.is_none() {
        return Err(Refusal::new(Code::NotFound, "No merchant has this id.").into());
    }

    Reply::page(&campaigns)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-campaigns",
        "List a merchant's campaigns, newest first",
        &[Code::WrongRole, Code::NotFound],
    )
    .list::<CampaignView>()
}
