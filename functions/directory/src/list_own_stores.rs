//! The stores that a user operates, merchant by merchant.

use scrip_directory::{Directory, MembershipView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_store::Page;

pub(crate) fn operation() -> Operation {
    Operation::http("list-own-stores", "List the stores that one operates", list_own_stores)
        .description("Merchant by merchant, on one page.")
        .callers(&[Caller::User])
        .list::<MembershipView>()
        .budget(1, 0)
}

pub(crate) async fn list_own_stores(directory: Directory, call: Call) -> Answer {
    let user = call.user()?;

    // One item holds them all, so there is one page.
    let items = directory.memberships(&user.id).await?;

    Reply::page(&Page { items, next: None })
}
