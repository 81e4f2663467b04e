//! `GET /v1/transfers/{transfer}`: for either party.

use crate::Wallet;
use crate::access::no_such_transfer;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::AccountId;

/// # Errors
/// `not-found`, also for a transfer between others.
pub(crate) async fn get_transfer(wallet: Wallet, call: Call) -> Answer {
    let id = call.id("transfer", "txn_")?;
    let transfer = wallet.ledger.transfer_by_id(&id).await?.ok_or_else(no_such_transfer)?;

    for party in [&transfer.debit_account, &transfer.credit_account] {
        if let Some(account) = AccountId::parse(party)
            && wallet.holds(call.principal(), &account).await?
        {
            return Reply::ok(&transfer.view()?);
        }
    }
    Err(no_such_transfer().into())
}
