//! A user gives a contact up. What they shared with each other is out of reach at once.

use crate::paths::OfUser;
use crate::word::other_user;
use scrip_directory::Directory;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("remove-contact", "Give a contact up", remove_contact)
        .description("From then on neither sees what the other shares. Removing again changes nothing.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .budget(2, 6)
}

pub(crate) async fn remove_contact(directory: Directory, call: Call<OfUser>) -> Answer {
    let user = call.user()?;
    let contact = other_user(&call.path, &user.id)?;

    directory.remove_contact(&user.id, &contact).await?;

    Reply::no_content()
}
