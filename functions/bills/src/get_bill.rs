//! `GET /v1/bills/{bill}`: all of it for its user; for a terminal, what it added.

use crate::{Desk, bill_in};
use scrip_bills::Reader;
use scrip_http::{Answer, Call, Principal, Reply};

/// # Errors
/// `not-found`, also for a bill in which the caller has no part; `wrong-role` for other devices.
pub(crate) async fn get_bill(bills: Desk, call: Call) -> Answer {
    let reader = match call.principal() {
        Principal::User(user) => Reader::User(&user.id),
        Principal::Device(_) => Reader::Terminal(&call.terminal()?.id),
    };
    Reply::ok(&bills.view(reader, &bill_in(&call)?).await?)
}
