//! Whom a user has named.

use scrip_directory::{ContactView, Directory};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};

pub(crate) fn operation() -> Operation {
    Operation::http("list-contacts", "List one's contacts", list_contacts)
        .description("Whom the user has named, mutual or not.")
        .callers(&[Caller::User])
        .list::<ContactView>()
        .budget(1, 0)
}

pub(crate) async fn list_contacts(directory: Directory, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&directory.contacts(&user.id, &page).await?)
}
