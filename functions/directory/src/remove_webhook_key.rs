//! `DELETE /v1/merchants/{merchant}/webhook-keys/{key}`: the owner retires a key.

use crate::Registry;
use scrip_directory::WEBHOOK_KEY_PREFIX;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`.
pub(crate) async fn remove_webhook_key(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let key = call.id("key", WEBHOOK_KEY_PREFIX)?;
    let merchant = registry.directory.merchant_of_owner(&merchant, &user.id).await?;

    registry.directory.remove_webhook_key(&merchant.id, &key).await?;

    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "remove-webhook-key",
        "Retire a key that confirmations are signed with",
        &[Code::WrongRole, Code::NotFound],
    )
}
