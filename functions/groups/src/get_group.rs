//! A group, as one of its members sees it.

use crate::paths::OfGroup;
use scrip_function::{Caller, Operation};
use scrip_groups::{GroupView, Groups};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-group", "Read a group", get_group)
        .description("With its members, and what the caller has not read, for its members alone.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<GroupView>(200)
        .budget(3, 0)
}

pub(crate) async fn get_group(groups: Groups, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    Reply::ok(&groups.view(&user.id, &call.path.group()?).await?)
}
