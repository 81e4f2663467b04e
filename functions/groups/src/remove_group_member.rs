//! A member leaves, or is removed by the owner.

use crate::paths::OfMember;
use scrip_function::{Caller, Operation};
use scrip_groups::Groups;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("remove-group-member", "Leave a group, or remove a member", remove_group_member)
        .description(
            "Each member may leave, and its owner may remove others. When the owner leaves, who has been in it \
             for the longest time owns it. Who is out reads and writes nothing there any more. Removing again \
             changes nothing.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .budget(3, 10)
}

pub(crate) async fn remove_group_member(groups: Groups, call: Call<OfMember>) -> Answer {
    let user = call.user()?;
    groups.remove_member(&user.id, &call.path.group()?, &call.path.user()?).await?;
    Reply::no_content()
}
