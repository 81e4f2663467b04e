//! A user names another one. A contact is mutual once both have.

use crate::paths::OfUser;
use crate::word::other_user;
use scrip_directory::{ContactView, Directory};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("put-contact", "Name a contact", put_contact)
        .description(
            "A contact is mutual once both have named each other; then each sees what the other shares. The \
             other is told. Naming again changes nothing.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<ContactView>(200)
        .budget(2, 8)
}

pub(crate) async fn put_contact(directory: Directory, call: Call<OfUser>) -> Answer {
    let user = call.user()?;
    let contact = other_user(&call.path, &user.id)?;

    Reply::ok(&directory.put_contact(&user.id, &contact).await?)
}
