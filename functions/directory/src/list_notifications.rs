//! `GET /v1/notifications`: what a user was told or, with `?merchant=`, what a merchant of theirs was told.

use crate::Registry;
use scrip_directory::{NotificationView, Recipient};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-cursor`.
pub(crate) async fn list_notifications(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;
    let recipient = match call.query_id("merchant", "mch_")? {
        None => Recipient::User(user.id.clone()),
        Some(merchant) => {
            registry.directory.require_member(merchant, &user.id).await?;
            Recipient::Merchant(merchant.to_owned())
        }
    };

    Reply::page(&registry.directory.notifications(&recipient, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-notifications",
        "List what one was told, newest first",
        &[Code::WrongRole, Code::NotFound],
    )
    .query(&[("merchant", "What this merchant was told, for its owner and operators.")])
    .list::<NotificationView>()
}
