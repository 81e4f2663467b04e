//! `GET /v1/me/stores`: the stores that a user operates, merchant by merchant.

use crate::Registry;
use scrip_directory::MembershipView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use scrip_store::Page;

/// # Errors
/// `wrong-role`.
pub(crate) async fn list_own_stores(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;

    // One item holds them all, so there is one page.
    let items = registry.directory.memberships(&user.id).await?;

    Reply::page(&Page { items, next: None })
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-own-stores", "List the stores that one operates", &[Code::WrongRole])
        .list::<MembershipView>()
}
