//! What a merchant offers, newest first, for any user.

use crate::paths::OfMerchant;
use scrip_coupons::{CampaignView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::{Code, Refusal};

pub(crate) fn operation() -> Operation {
    Operation::http("list-campaigns", "List a merchant's campaigns, newest first", list_campaigns)
        .description("For every user.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .list::<CampaignView>()
        .budget(2, 0)
}

pub(crate) async fn list_campaigns(coupons: Coupons, call: Call<OfMerchant>) -> Answer {
    let merchant = call.path.merchant()?;
    let page = call.page()?;

    let campaigns = coupons.campaigns(&merchant, &page).await?;
    if campaigns.items.is_empty() && coupons.directory.merchant(&merchant).await?.is_none() {
        return Err(Refusal::new(Code::NotFound, "No merchant has this id.").into());
    }

    Reply::page(&campaigns)
}
