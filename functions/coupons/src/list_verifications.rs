//! What was verified, newest first, for the owner and operators.

use crate::paths::OfMerchant;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{Redemptions, VerificationFilter, VerificationView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-verifications", "List what was verified, newest first", list_verifications)
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .query(&FILTER)
        .list::<VerificationView>()
        .budget(3, 0)
}

pub(crate) async fn list_verifications(redemptions: Redemptions, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let (page, filter) = (call.page()?, VerificationFilter::parse(|name| call.query(name))?);
    redemptions.directory.require_member(&merchant, &user.id).await?;

    Reply::page(&redemptions.verifications(&merchant, &filter, &page).await?)
}

/// What is looked for.
pub(crate) const FILTER: [(&str, &str); 4] = [
    ("store", "Only in this store."),
    ("operator", "Only by this operator."),
    ("from", "Not before this: a time (RFC 3339), or a date, which is a whole day in UTC."),
    ("to", "Before this time, or on this day at the latest."),
];
