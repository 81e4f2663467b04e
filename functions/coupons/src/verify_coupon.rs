//! An operator verifies a code at the shop, and uses the coupon if nothing speaks against it.

use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{NewVerification, Redemptions, VerdictView, Verifier};

pub(crate) fn operation() -> Operation {
    Operation::http(
        "verify-coupon",
        "Verify a code at the shop, and use the coupon if nothing speaks against it",
        verify_coupon,
    )
    .description(
        "By an operator of the store. A refused code is an answer and no error: `reason` tells why. The same \
         scan, sent again with its key, is one use.",
    )
    .callers(&[Caller::User])
    .request::<NewVerification>()
    .response::<VerdictView>(201)
    .budget(2, 8)
}

pub(crate) async fn verify_coupon(redemptions: Redemptions, call: Call) -> Answer {
    let operator = &call.user()?.id;
    // Codes are not to be guessed from the hash that is stored of the request.
    let origin = call.origin_by(&redemptions.keyring()?.request_keys("verify-coupon"))?;
    let request: NewVerification = call.body()?;

    let verifier = Verifier { operator, origin: &origin, cause: call.request_id() };
    let answered = redemptions.verify(verifier, &request).await?;

    Ok(Reply::created(&answered.value)?.replayed(answered.replayed))
}
