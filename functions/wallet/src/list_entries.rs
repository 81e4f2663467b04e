//! `GET /v1/accounts/{account}/entries`: what went in and out, newest first.

use crate::Wallet;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::EntryView;
use scrip_refusal::Code;

/// # Errors
/// `not-found`, `invalid-cursor`.
pub(crate) async fn list_entries(wallet: Wallet, call: Call) -> Answer {
    let page = call.page()?;
    let account = wallet.held(call.principal(), call.path_parameter("account").unwrap_or_default()).await?;
    Reply::page(&wallet.ledger.entries(&account, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-entries", "List what went in and out of an account", &[Code::NotFound])
        .list::<EntryView>()
}
