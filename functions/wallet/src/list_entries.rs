//! What went in and out, newest first.

use crate::access::{Access, no_such_account};
use crate::paths::OfAccount;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, EntryView, Ledger};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-entries", "List what went in and out of an account", list_entries)
        .description(
            "Newest first, each from the side of this account: negative for what went out. The list may lag \
             behind the balance by moments.",
        )
        .callers(Caller::WITH_TOKEN)
        .refuses(&[Code::NotFound])
        .list::<EntryView>()
        .budget(34, 0)
}

pub(crate) async fn list_entries(ledger: Ledger, access: Access, call: Call<OfAccount>) -> Answer {
    let page = call.page()?;
    let account = call.path.account()?;
    // All payments of the system pass through an external account: its entries are no list.
    if account.class() == AccountClass::External {
        return Err(no_such_account().into());
    }
    let account = access.held(call.principal(), account).await?;
    Reply::page(&ledger.entries(&account, &page).await?)
}
