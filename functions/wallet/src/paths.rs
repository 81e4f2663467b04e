//! What paths name here.

use crate::access::no_such_account;
use scrip_http::{id, matching, path};
use scrip_ledger::AccountId;
use scrip_refusal::Refusal;

path! {
    /// An account.
    pub(crate) OfAccount { account: AccountId = matching(AccountId::pattern(), account) }
}
path! {
    /// A transfer.
    pub(crate) OfTransfer { transfer: String = id("txn_") }
}

fn account(text: &str) -> Result<AccountId, Refusal> {
    AccountId::parse(text).ok_or_else(no_such_account)
}
