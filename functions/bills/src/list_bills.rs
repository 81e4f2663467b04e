//! `GET /v1/bills`: a user's bills, newest first.

use crate::Desk;
use scrip_http::{Answer, Call, Reply};

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_bills(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    Reply::page(&bills.list(&user.id, &call.page()?).await?)
}
