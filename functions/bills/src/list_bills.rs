//! `GET /v1/bills`: a user's bills, newest first.

use crate::Desk;
use scrip_bills::BillSummary;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_bills(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&bills.list(&user.id, &call.page()?).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-bills", "List one's bills", &[Code::WrongRole]).list::<BillSummary>()
}
