//! `DELETE /v1/contacts/{user}`: a user gives a contact up. What they shared with each other is out of reach at once.

use crate::Registry;
use crate::word::other_user_in;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found` for what can't be a user's id, or for oneself.
pub(crate) async fn remove_contact(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let contact = other_user_in(&call, &user.id)?;

    registry.directory.remove_contact(&user.id, &contact).await?;

    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("remove-contact", "Give a contact up", &[Code::WrongRole, Code::NotFound])
}
