//! `POST /v1/accounts`: a user opens an account.

use crate::Wallet;
use schemars::JsonSchema;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::AccountView;
use scrip_money::Currency;
use scrip_refusal::Code;
use serde::Deserialize;

/// What is to be opened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenAccount {
    currency: Currency,
}

/// # Errors
/// `wrong-role`, `unknown-currency`.
pub(crate) async fn open_account(wallet: Wallet, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenAccount = call.body()?;

    let opened = wallet.ledger.open_account(&user.id, request.currency, &origin).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("open-account", "Open an account", &[Code::WrongRole])
        .request::<OpenAccount>()
        .response::<AccountView>(201)
}
