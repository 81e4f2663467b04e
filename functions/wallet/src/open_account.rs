//! A user opens an account.

use schemars::JsonSchema;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountView, Ledger};
use scrip_money::Currency;
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::http("open-account", "Open an account", open_account)
        .callers(&[Caller::User])
        .request::<OpenAccount>()
        .response::<AccountView>(201)
        .budget(1, 1)
}

/// What is to be opened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenAccount {
    currency: Currency,
}

pub(crate) async fn open_account(ledger: Ledger, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenAccount = call.body()?;

    let opened = ledger.open_account(&user.id, request.currency, &origin).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}
