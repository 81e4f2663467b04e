//! The owner retires a key.

use crate::paths::OfWebhookKey;
use scrip_directory::Directory;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "remove-webhook-key",
        "Retire a key that confirmations are signed with",
        remove_webhook_key,
    )
    .description("What it signs is refused from then on.")
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound])
    .budget(2, 1)
}

pub(crate) async fn remove_webhook_key(directory: Directory, call: Call<OfWebhookKey>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let key = call.path.key()?;
    let origin = call.origin_or_body();
    let merchant = directory.merchant_of_owner(&merchant, &user.id).await?;

    directory.remove_webhook_key(&merchant.id, &key, &origin).await?;

    Reply::no_content()
}
