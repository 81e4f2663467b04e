//! A member says how far they have read.

use crate::paths::OfGroup;
use scrip_function::{Caller, Operation};
use scrip_groups::{Groups, MarkRead};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("mark-messages-read", "Say how far one has read", mark_messages_read)
        .description("The mark moves forward alone. Nobody else is told of it.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .request::<MarkRead>()
        .budget(2, 1)
}

pub(crate) async fn mark_messages_read(groups: Groups, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let request: MarkRead = call.body()?;
    groups.mark_read(&user.id, &call.path.group()?, request).await?;
    Reply::no_content()
}
