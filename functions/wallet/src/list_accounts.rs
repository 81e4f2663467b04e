//! A user's accounts.

use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountView, Ledger};

pub(crate) fn operation() -> Operation {
    Operation::http("list-accounts", "List one's accounts", list_accounts)
        .description("All that the user has opened. The list may lag behind what was just opened by moments.")
        .callers(&[Caller::User])
        .list::<AccountView>()
        .budget(2, 0)
}

pub(crate) async fn list_accounts(ledger: Ledger, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&ledger.accounts_of(&user.id, &call.page()?).await?)
}
