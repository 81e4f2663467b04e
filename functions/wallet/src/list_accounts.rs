//! `GET /v1/accounts`: a user's accounts.

use crate::Wallet;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::AccountView;
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_accounts(wallet: Wallet, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&wallet.ledger.accounts_of(&user.id, &call.page()?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-accounts", "List one's accounts", &[Code::WrongRole]).list::<AccountView>()
}
