//! A member adds a contact of theirs.

use crate::paths::OfMember;
use scrip_function::{Caller, Operation};
use scrip_groups::Groups;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("add-group-member", "Add a contact to a group", add_group_member)
        .description(
            "A mutual contact of the caller, who is a member. The new one reads what is written from then on, \
             and nothing from before. Adding again changes nothing.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::NotAContact, Code::LimitExceeded])
        .budget(2, 10)
}

pub(crate) async fn add_group_member(groups: Groups, call: Call<OfMember>) -> Answer {
    let user = call.user()?;
    groups.add_member(&user.id, &call.path.group()?, &call.path.user()?).await?;
    Reply::no_content()
}
