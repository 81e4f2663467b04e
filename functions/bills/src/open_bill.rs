//! `POST /v1/bills`: a user opens a bill for a set period.

use crate::Desk;
use scrip_bills::OpenBill;
use scrip_http::limits::refuse_card_number;
use scrip_http::{Answer, Call, Reply};

/// # Errors
/// `wrong-role`, `card-number-refused`, `not-found` for the account, `currency-mismatch`.
pub(crate) async fn open_bill(bills: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    let request: OpenBill = call.body()?;
    refuse_card_number(&request.account, "/account")?;

    let opened = bills.open(&user.id, &request, &origin).await?;

    Ok(Reply::created(&opened.value)?.replayed(opened.replayed))
}
