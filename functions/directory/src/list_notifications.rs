//! What a user was told or, with `?merchant=`, what a merchant of theirs was told.

use scrip_directory::{Directory, NotificationView, Recipient};
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-notifications", "List what one was told, newest first", list_notifications)
        .description(
            "What happened to what is the user's, or with `merchant`, to what is the merchant's: `kind` \
             tells what, the other members, to what. Notifications are kept for 90 days.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .query(QUERY)
        .list::<NotificationView>()
        .budget(18, 0)
}

const QUERY: &[QueryParameter] =
    &[QueryParameter::id("merchant", "mch_", "What this merchant was told, for its owner and operators.")];

pub(crate) async fn list_notifications(directory: Directory, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;
    let recipient = match call.query_id("merchant", "mch_")? {
        None => Recipient::User(user.id.clone()),
        Some(merchant) => {
            directory.require_member(merchant, &user.id).await?;
            Recipient::Merchant(merchant.to_owned())
        }
    };

    Reply::page(&directory.notifications(&recipient, &page).await?)
}
