//! The groups that a user is in.

use scrip_function::{Caller, Operation};
use scrip_groups::{GroupSummary, Groups};
use scrip_http::{Answer, Call, Reply};

pub(crate) fn operation() -> Operation {
    Operation::http("list-groups", "List the groups that one is in", list_groups)
        .description(
            "Those that the caller joined first at first, with what is unread in each, but without their \
             members. The list may lag behind by moments.",
        )
        .callers(&[Caller::User])
        .list::<GroupSummary>()
        .budget(3, 0)
}

pub(crate) async fn list_groups(groups: Groups, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&groups.list(&user.id, &call.page()?).await?)
}
