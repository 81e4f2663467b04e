//! `GET /v1/accounts/{account}/entries`: what went in and out, newest first.

use crate::Wallet;
use scrip_http::{Answer, Call, Reply};

/// # Errors
/// `not-found`, `invalid-cursor`.
pub(crate) async fn list_entries(wallet: Wallet, call: Call) -> Answer {
    let page = call.page()?;
    let account = wallet.held(call.principal(), call.path_parameter("account").unwrap_or_default()).await?;
    Reply::page(&wallet.ledger.entries(&account, &page).await?)
}
