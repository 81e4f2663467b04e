//! A user opens an account.

use schemars::JsonSchema;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountView, Ledger};
use scrip_money::Currency;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("open-account", "Open an account", open_account)
        .description("A user may have several, each of one currency. It is empty at first.")
        .callers(&[Caller::User])
        .request::<OpenAccount>()
        .response::<AccountView>(201)
        .budget(1, 1)
}

/// What is to be opened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "currency": "CNY" }))]
pub(crate) struct OpenAccount {
    /// The currency of all that goes in and out.
    currency: Currency,
}

pub(crate) async fn open_account(ledger: Ledger, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenAccount = call.body()?;

    let opened = ledger.open_account(&user.id, request.currency, &origin).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}
