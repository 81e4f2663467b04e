//! `GET /v1/merchants/{merchant}/verifications/export`: what was verified in a period, newest first, as CSV.

use crate::Desk;
use crate::list_verifications::FILTER;
use scrip_coupons::VerificationFilter;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-request`.
pub(crate) async fn export_verifications(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let filter = VerificationFilter::parse(|name| call.query(name))?;
    desk.directory.require_member(&merchant, &user.id).await?;

    Reply::csv(desk.export_verifications(&merchant, &filter).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "export-verifications",
        "Export what was verified in at most 31 days as CSV",
        &[Code::WrongRole, Code::NotFound, Code::InvalidRequest],
    )
    .query(&FILTER)
    .csv()
}
