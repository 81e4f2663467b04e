//! A user's bills, newest first.

use scrip_bills::{BillSummary, Bills};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};

pub(crate) fn operation() -> Operation {
    Operation::http("list-bills", "List one's bills", list_bills)
        .description("The user's own, newest first, without their items.")
        .callers(&[Caller::User])
        .list::<BillSummary>()
        .budget(2, 0)
}

pub(crate) async fn list_bills(bills: Bills, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&bills.list(&user.id, &call.page()?).await?)
}
