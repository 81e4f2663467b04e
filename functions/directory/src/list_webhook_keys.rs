//! `GET /v1/merchants/{merchant}/webhook-keys`: the keys that count. No secret is told again.

use crate::Registry;
use scrip_directory::WebhookKeyView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use scrip_store::Page;

/// # Errors
/// `wrong-role`, `not-found`.
pub(crate) async fn list_webhook_keys(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let merchant = registry.directory.merchant_of_owner(&merchant, &user.id).await?;

    let keys = registry.directory.webhook_keys(&merchant.id).await?;

    let items = keys.iter().map(scrip_directory::WebhookKeyRecord::view).collect::<Result<_, _>>()?;
    Reply::page(&Page { items, next: None })
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-webhook-keys",
        "List the keys that confirmations are signed with",
        &[Code::WrongRole, Code::NotFound],
    )
    .list::<WebhookKeyView>()
}
