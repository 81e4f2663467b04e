//! `POST /v1/merchants`: a user creates a merchant and owns it.

use crate::Registry;
use schemars::JsonSchema;
use scrip_directory::{MerchantView, NewMerchant};
use scrip_function::Operation;
use scrip_http::limits::{MAX_NAME_CHARACTERS, check_text};
use scrip_http::{Answer, Call, Reply};
use scrip_money::Currency;
use scrip_refusal::Code;
use serde::Deserialize;

/// The merchant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateMerchant {
    name: String,
    /// The currency of its account and of all that it sells.
    currency: Currency,
}

/// # Errors
/// `wrong-role`, `unknown-currency`.
pub(crate) async fn create_merchant(registry: Registry, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let CreateMerchant { name, currency } = call.body()?;
    check_text(&name, "/name", MAX_NAME_CHARACTERS)?;

    let new = NewMerchant { name, currency };
    let created = registry.directory.create_merchant(&registry.ledger, &user.id, new, &origin).await?;

    Ok(Reply::created(&created.value.view())?.replayed(created.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("create-merchant", "Create a merchant and own it", &[Code::WrongRole])
        .request::<CreateMerchant>()
        .response::<MerchantView>(201)
}
