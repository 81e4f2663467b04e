//! The owner gives a group another name.

use crate::paths::OfGroup;
use scrip_function::{Caller, Operation};
use scrip_groups::{Groups, RenameGroup, RenamedGroup};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("rename-group", "Rename a group", rename_group)
        .description(
            "By its owner; its members are told by a message. `version` is the one that the owner saw: if it \
             was renamed since, nothing changes.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::VersionStale])
        .request::<RenameGroup>()
        .response::<RenamedGroup>(200)
        .budget(2, 6)
}

pub(crate) async fn rename_group(groups: Groups, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let group = call.path.group()?;
    let request: RenameGroup = call.body()?;
    let origin = call.origin_or_body();

    let renamed = groups.rename(&user.id, &group, request, &origin).await?;

    Ok(Reply::ok(&renamed.value)?.replayed(renamed.replayed))
}
