//! `DELETE /v1/offline/authorizations/{authorization}`: a user takes an authorization back.

use crate::{Till, authorization_in};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`; `not-found`, also for another user's.
pub(crate) async fn revoke_authorization(till: Till, call: Call) -> Answer {
    let user = call.user()?;
    till.revoke(&user.id, &authorization_in(&call)?).await?;
    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "revoke-authorization",
        "Revoke an offline authorization",
        &[Code::WrongRole, Code::NotFound],
    )
}
