//! `PUT /v1/contacts/{user}`: a user names another one. A contact is mutual once both have.

use crate::Registry;
use crate::word::other_user_in;
use scrip_directory::ContactView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found` for what can't be a user's id, or for oneself.
pub(crate) async fn put_contact(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let contact = other_user_in(&call, &user.id)?;

    Reply::ok(&registry.directory.put_contact(&user.id, &contact).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("put-contact", "Name a contact", &[Code::WrongRole, Code::NotFound])
        .response::<ContactView>(200)
}
