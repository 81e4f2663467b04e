//! A user creates a merchant and owns it.

use schemars::JsonSchema;
use scrip_directory::{Directory, MerchantView, NewMerchant};
use scrip_fields::schema::Text;
use scrip_fields::{MAX_NAME_CHARACTERS, check_text};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::Ledger;
use scrip_money::Currency;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("create-merchant", "Create a merchant and own it", create_merchant)
        .description(
            "With an account in its currency, which is that of all it sells. Who creates it owns it from \
             then on.",
        )
        .callers(&[Caller::User])
        .request::<CreateMerchant>()
        .response::<MerchantView>(201)
        .budget(1, 34)
}

/// A merchant that the caller will own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "name": "Tea House", "currency": "CNY" }))]
pub(crate) struct CreateMerchant {
    /// The name that users see, 1 to 100 characters.
    #[schemars(with = "Text<MAX_NAME_CHARACTERS>")]
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
