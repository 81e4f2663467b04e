//! A member writes something.

use crate::paths::OfGroup;
use scrip_function::{Caller, Operation};
use scrip_groups::{Groups, MessageView, SendMessage};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("send-message", "Send a message to a group", send_message)
        .description(
            "Its number is the one after the last message's: numbers have no gap, and who reads on from one \
             misses none. What is sent again with the same key is one message, however late.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .request::<SendMessage>()
        .response::<MessageView>(201)
        .budget(2, 6)
}

pub(crate) async fn send_message(groups: Groups, call: Call<OfGroup>) -> Answer {
    let user = call.user()?;
    let group = call.path.group()?;
    let origin = call.origin()?;
    let request: SendMessage = call.body()?;

    let sent = groups.send(&user.id, &group, request, &origin).await?;

    Ok(Reply::created(&sent.value)?.replayed(sent.replayed))
}
