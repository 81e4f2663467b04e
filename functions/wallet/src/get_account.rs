//! Its balance, for whoever holds it.

use crate::access::{Access, no_such_account};
use crate::paths::OfAccount;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountClass, AccountView, Ledger};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-account", "Read an account's balance", get_account)
        .description(
            "`balance` is all that is in it, `available` what can be spent: offline authorizations may have \
             reserved the rest. A merchant's account is read by its owner and its servers.",
        )
        .callers(Caller::WITH_TOKEN)
        .refuses(&[Code::NotFound])
        .response::<AccountView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_account(ledger: Ledger, access: Access, call: Call<OfAccount>) -> Answer {
    let id = call.path.account()?;
    if id.class() != AccountClass::User && !access.holds_one(call.principal(), &id).await? {
        return Err(no_such_account().into());
    }

    let (account, holder) = ledger.account(&id).await?.ok_or_else(no_such_account)?;

    // A user's account names its holder itself, which saves a read.
    if id.class() == AccountClass::User && holder != call.principal().name() {
        return Err(no_such_account().into());
    }
    Reply::ok(&account)
}
