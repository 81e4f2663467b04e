//! What a user was told or, with `?merchant=`, what a merchant of theirs was told.

use scrip_directory::{Directory, NotificationView, Recipient};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-notifications", "List what one was told, newest first", list_notifications)
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .query(&[("merchant", "What this merchant was told, for its owner and operators.")])
        .list::<NotificationView>()
        .budget(1, 0)
}

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
