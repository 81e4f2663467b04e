//! What was verified, newest first, for the owner and operators.

use crate::paths::OfMerchant;
use scrip_fields::schema::Text;
use scrip_fields::{MAX_STORE_CHARACTERS, MAX_USER_CHARACTERS};
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{Moment, Redemptions, VerificationFilter, VerificationView};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-verifications", "List what was verified, newest first", list_verifications)
        .description(
            "For the merchant's owner and operators. Where few of many are looked for, a page may be shorter \
             than asked for and still have a next one.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .query(FILTER)
        .list::<VerificationView>()
        .budget(18, 0)
}

pub(crate) async fn list_verifications(redemptions: Redemptions, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let (page, filter) = (call.page()?, VerificationFilter::parse(|name| call.query(name))?);
    redemptions.directory.require_member(&merchant, &user.id).await?;

    Reply::page(&redemptions.verifications(&merchant, &filter, &page).await?)
}

/// What is looked for.
const FILTER: &[QueryParameter] = &[STORE, OPERATOR, FROM, TO];
pub(crate) const STORE: QueryParameter = QueryParameter::of::<Text<MAX_STORE_CHARACTERS>>(
    "store",
    "Those of this store alone, as the merchant names it.",
);
pub(crate) const OPERATOR: QueryParameter = QueryParameter::of::<Text<MAX_USER_CHARACTERS>>(
    "operator",
    "Those of this operator alone, by the user's id.",
);
pub(crate) const FROM: QueryParameter = QueryParameter::of::<Moment>(
    "from",
    "Not before this: a time (RFC 3339), or a date, which is a whole day in UTC.",
);
pub(crate) const TO: QueryParameter =
    QueryParameter::of::<Moment>("to", "Before this time, or on this day at the latest.");
