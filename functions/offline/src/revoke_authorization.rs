//! A user takes an authorization back.

use crate::paths::OfAuthorization;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::Offline;
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("revoke-authorization", "Revoke an offline authorization", revoke_authorization)
        .description(
            "Its code pays for nothing that occurs from then on, and what is left of a reserve is free \
             again.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .budget(3, 8)
}

pub(crate) async fn revoke_authorization(offline: Offline, call: Call<OfAuthorization>) -> Answer {
    let user = call.user()?;
    offline.revoke(&user.id, &call.path.authorization()?).await?;
    Reply::no_content()
}
