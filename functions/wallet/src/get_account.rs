//! `GET /v1/accounts/{account}`: its balance, for whoever holds it.

use crate::Wallet;
use crate::access::no_such_account;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, AccountId, AccountView};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, also for an account of somebody else.
pub(crate) async fn get_account(wallet: Wallet, call: Call) -> Answer {
    let id =
        AccountId::parse(call.path_parameter("account").unwrap_or_default()).ok_or_else(no_such_account)?;
    if id.class() != AccountClass::User && !wallet.holds_one(call.principal(), &id).await? {
        return Err(no_such_account().into());
    }

    let (account, holder) = wallet.ledger.account(&id).await?.ok_or_else(no_such_account)?;

    // A user's account names its holder itself, which saves a read.
    if id.class() == AccountClass::User && holder != call.principal().name() {
        return Err(no_such_account().into());
    }
    Reply::ok(&account)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-account", "Read an account's balance", &[Code::NotFound]).response::<AccountView>(200)
}
