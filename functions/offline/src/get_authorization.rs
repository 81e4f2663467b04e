//! `GET /v1/offline/authorizations/{authorization}`: what is left of an authorization.

use crate::{Till, authorization_in};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_offline::AuthorizationView;
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`; `not-found`, also for another user's.
pub(crate) async fn get_authorization(till: Till, call: Call) -> Answer {
    let user = call.user()?;
    Reply::ok(&till.authorization(&user.id, &authorization_in(&call)?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-authorization", "Read an offline authorization", &[Code::WrongRole, Code::NotFound])
        .response::<AuthorizationView>(200)
}
