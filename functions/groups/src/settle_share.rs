//! Who asks gives up a share, or says that it was paid in another way.

use crate::paths::OfShare;
use scrip_function::{Caller, Operation};
use scrip_group_payments::{Payments, SettleShare, ShareView};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("settle-share", "Waive a share, or say that it was paid outside", settle_share)
        .description(
            "By who asks, while the request is open: what is due is given up, or was paid in another way; `due` \
             takes either back. `version` is the share's that the caller saw.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::RequestNotOpen, Code::ShareSettled, Code::VersionStale])
        .request::<SettleShare>()
        .response::<ShareView>(200)
        .budget(3, 1)
}

pub(crate) async fn settle_share(payments: Payments, call: Call<OfShare>) -> Answer {
    let user = call.user()?;
    let (request, whose) = (call.path.payment_request()?, call.path.user()?);
    let settle: SettleShare = call.body()?;
    let origin = call.origin_or_body();

    let settled = payments.settle(&user.id, &request, &whose, settle, &origin).await?;

    Ok(Reply::ok(&settled.value)?.replayed(settled.replayed))
}
