//! `GET /v1/contacts`: whom a user has named.

use crate::Registry;
use scrip_directory::ContactView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_contacts(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&registry.directory.contacts(&user.id, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-contacts", "List one's contacts", &[Code::WrongRole]).list::<ContactView>()
}
