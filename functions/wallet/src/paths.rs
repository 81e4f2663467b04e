//! What paths name here.

use crate::access::no_such_account;
use scrip_http::{id, path};
use scrip_ledger::AccountId;

path! {
    /// An account.
    pub(crate) OfAccount { account: AccountId = |text| AccountId::parse(text).ok_or_else(no_such_account) }
}
path! {
    /// A transfer.
    pub(crate) OfTransfer { transfer: String = id("txn_") }
}
