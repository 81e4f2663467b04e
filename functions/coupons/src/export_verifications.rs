//! What was verified in a period, newest first, as CSV.

use crate::list_verifications::{FROM, OPERATOR, STORE, TO};
use crate::paths::OfMerchant;
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{Redemptions, VerificationFilter};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http(
        "export-verifications",
        "Export what was verified in at most 31 days as CSV",
        export_verifications,
    )
    .description(
        "With a header line (RFC 4180), newest first, for the merchant's owner and operators: at most 10,000 \
         verifications.",
    )
    .callers(&[Caller::User])
    .refuses(&[Code::NotFound, Code::InvalidRequest])
    .query(QUERY)
    .csv()
    .budget(18, 0)
}

const QUERY: &[QueryParameter] = &[STORE, OPERATOR, FROM.required(), TO.required()];

pub(crate) async fn export_verifications(redemptions: Redemptions, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let filter = VerificationFilter::parse(|name| call.query(name))?;
    redemptions.directory.require_member(&merchant, &user.id).await?;

    Reply::csv(redemptions.export_verifications(&merchant, &filter).await?)
}
