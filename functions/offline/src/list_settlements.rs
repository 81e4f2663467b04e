//! What was settled for a merchant, newest first.

use crate::paths::OfMerchant;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, SettlementView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-settlements", "List what was settled, newest first", list_settlements)
        .description(
            "For the merchant's owner. What points of sale captured in one currency, and whose reversal window \
             ended in the same minute, settles together.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .list::<SettlementView>()
        .budget(2, 0)
}

pub(crate) async fn list_settlements(offline: Offline, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let page = call.page()?;
    let merchant = offline.directory().merchant_of_owner(&merchant, &user.id).await?;

    Reply::page(&offline.settlements(&merchant.id, &page).await?)
}
