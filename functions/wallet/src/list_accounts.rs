//! `GET /v1/accounts`: a user's accounts.

use crate::Wallet;
use scrip_http::{Answer, Call, Reply};

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_accounts(wallet: Wallet, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&wallet.ledger.accounts_of(&user.id, &call.page()?).await?)
}
