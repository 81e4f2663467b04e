//! `GET /v1/offline/authorizations`: a user's authorizations, newest first.

use crate::Till;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::AuthorizationView;
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_authorizations(till: Till, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&till.authorizations(&user.id, &call.page()?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-authorizations", "List one's offline authorizations", &[Code::WrongRole])
        .list::<AuthorizationView>()
}
