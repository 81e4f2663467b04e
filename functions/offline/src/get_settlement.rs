//! What was in a settlement, a page at a time.

use crate::paths::OfSettlement;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, SettledCapture};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-settlement", "List the captures of a settlement", get_settlement)
        .description("For the merchant's owner, in the order in which they were paid.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .list::<SettledCapture>()
        .budget(5, 0)
}

pub(crate) async fn get_settlement(offline: Offline, call: Call<OfSettlement>) -> Answer {
    let user = call.user()?;
    let (merchant, settlement) = (call.path.merchant()?, call.path.settlement()?);
    let page = call.page()?;
    let merchant = offline.directory().merchant_of_owner(&merchant, &user.id).await?;

    Reply::page(&offline.settled(&merchant.id, &settlement, &page).await?)
}
