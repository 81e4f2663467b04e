//! A user's authorizations, newest first.

use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{AuthorizationView, Offline};

pub(crate) fn operation() -> Operation {
    Operation::http("list-authorizations", "List one's offline authorizations", list_authorizations)
        .description("Newest first, with those that have ended.")
        .callers(&[Caller::User])
        .list::<AuthorizationView>()
        .budget(2, 0)
}

pub(crate) async fn list_authorizations(offline: Offline, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&offline.authorizations(&user.id, &call.page()?).await?)
}
