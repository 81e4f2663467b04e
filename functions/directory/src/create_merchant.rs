//! A user creates a merchant and owns it.

use schemars::JsonSchema;
use scrip_directory::{Directory, MerchantView, NewMerchant};
use scrip_fields::{MAX_NAME_CHARACTERS, check_text};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::Ledger;
use scrip_money::Currency;
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::http("create-merchant", "Create a merchant and own it", create_merchant)
        .callers(&[Caller::User])
        .request::<CreateMerchant>()
        .response::<MerchantView>(201)
        .budget(1, 34)
}

/// The merchant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateMerchant {
    name: String,
    /// The currency of its account and of all that it sells.
    currency: Currency,
}

pub(crate) async fn create_merchant(directory: Directory, ledger: Ledger, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let CreateMerchant { name, currency } = call.body()?;
    check_text(&name, "/name", MAX_NAME_CHARACTERS)?;

    let new = NewMerchant { name, currency };
    let created = directory.create_merchant(&ledger, &user.id, new, &origin).await?;

    Ok(Reply::created(&created.value.view())?.replayed(created.replayed))
}
