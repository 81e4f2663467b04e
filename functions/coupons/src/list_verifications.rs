//! `GET /v1/merchants/{merchant}/verifications`: what was verified, newest first, for the owner and operators.

use crate::Desk;
use scrip_coupons::{VerificationFilter, VerificationView};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `invalid-request`, `invalid-cursor`.
pub(crate) async fn list_verifications(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let merchant = call.id("merchant", "mch_")?;
    let (page, filter) = (call.page()?, VerificationFilter::parse(|name| call.query(name))?);
    desk.directory.require_member(&merchant, &user.id).await?;

    Reply::page(&desk.verifications(&merchant, &filter, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-verifications",
        "List what was verified, newest first",
        &[Code::WrongRole, Code::NotFound],
    )
    .query(&FILTER)
    .list::<VerificationView>()
}

/// What is looked for.
pub(crate) const FILTER: [(&str, &str); 4] = [
    ("store", "Only in this store."),
    ("operator", "Only by this operator."),
    ("from", "Not before this: a time (RFC 3339), or a date, which is a whole day in UTC."),
    ("to", "Before this time, or on this day at the latest."),
];
