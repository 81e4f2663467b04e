//! `GET /v1/bills/{bill}`: all of it for its user; for a terminal, what it added.

use crate::{Desk, bill_in};
use scrip_bills::{BillView, Reader};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

/// # Errors
/// `not-found`, also for a bill in which the caller has no part; `wrong-role` for other devices.
pub(crate) async fn get_bill(bills: Desk, call: Call) -> Answer {
    let reader = match call.principal() {
        Principal::User(user) => Reader::User(&user.id),
        Principal::Device(_) | Principal::Unproven => Reader::Terminal(&call.terminal()?.id),
    };
    Reply::ok(&bills.view(reader, &bill_in(&call)?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-bill", "Read a bill", &[Code::WrongRole, Code::NotFound]).response::<BillView>(200)
}
