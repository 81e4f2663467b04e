//! A user makes a group of their contacts.

use scrip_function::{Caller, Operation};
use scrip_groups::{CreateGroup, CreatedGroup, Groups};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("create-group", "Make a group", create_group)
        .description(
            "Of the caller, who owns it, and mutual contacts of theirs. All of them may write, and add \
             contacts of their own: 100 members at most.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotAContact])
        .request::<CreateGroup>()
        .response::<CreatedGroup>(201)
        .budget(2, 200)
}

pub(crate) async fn create_group(groups: Groups, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: CreateGroup = call.body()?;

    let created = groups.create(&user.id, request, &origin).await?;

    Ok(Reply::created(&created.value)?.replayed(created.replayed))
}
