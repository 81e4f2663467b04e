//! The keys that count. No secret is told again.

use crate::paths::OfMerchant;
use scrip_directory::{Directory, WebhookKeyView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use scrip_store::Page;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "list-webhook-keys",
        "List the keys that confirmations are signed with",
        list_webhook_keys,
    )
    .description("Those that count, on one page. No secret is told again.")
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound])
    .list::<WebhookKeyView>()
    .budget(2, 0)
}

pub(crate) async fn list_webhook_keys(directory: Directory, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let merchant = directory.merchant_of_owner(&merchant, &user.id).await?;

    let keys = directory.webhook_keys(&merchant.id).await?;

    let items = keys.iter().map(scrip_directory::WebhookKeyRecord::view).collect::<Result<_, _>>()?;
    Reply::page(&Page { items, next: None })
}
