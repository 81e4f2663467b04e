//! What is left of an authorization.

use crate::paths::OfAuthorization;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{AuthorizationView, Offline};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-authorization", "Read an offline authorization", get_authorization)
        .description("With what is left of its limit and uses.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<AuthorizationView>(200)
        .budget(2, 0)
}

pub(crate) async fn get_authorization(offline: Offline, call: Call<OfAuthorization>) -> Answer {
    let user = call.user()?;
    Reply::ok(&offline.authorization(&user.id, &call.path.authorization()?).await?)
}
