//! All of it for its user; for a terminal, what it added.

use crate::paths::OfBill;
use scrip_bills::{BillView, Bills, Reader};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Principal, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-bill", "Read a bill", get_bill)
        .description("All of it for its user; for a terminal, the items that it added and their total.")
        .callers(&[Caller::User, Caller::Terminal])
        .refuses(&[Code::NotFound])
        .response::<BillView>(200)
        .budget(1, 0)
}

pub(crate) async fn get_bill(bills: Bills, call: Call<OfBill>) -> Answer {
    let reader = match call.principal() {
        Principal::User(user) => Reader::User(&user.id),
        Principal::Device(_) | Principal::Unproven => Reader::Terminal(&call.terminal()?.id),
    };
    Reply::ok(&bills.view(reader, &call.path.bill()?).await?)
}
