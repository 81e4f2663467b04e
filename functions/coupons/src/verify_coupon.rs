//! `POST /v1/verifications`: an operator verifies a code at the shop, and uses the coupon if nothing speaks against it.

use crate::Desk;
use scrip_coupons::{NewVerification, VerdictView, Verifier};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `idempotency-key-reused`. A refused code is an answer.
pub(crate) async fn verify_coupon(desk: Desk, call: Call) -> Answer {
    let operator = &call.user()?.id;
    // Codes are not to be guessed from the hash that is stored of the request.
    let origin = call.origin_by(&desk.keyring()?.derive("request", "verify-coupon"))?;
    let request: NewVerification = call.body()?;

    let verifier = Verifier { operator, origin: &origin, cause: call.request_id() };
    let answered = desk.verify(verifier, &request).await?;

    Ok(Reply::created(&answered.value)?.replayed(answered.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "verify-coupon",
        "Verify a code at the shop, and use the coupon if nothing speaks against it",
        &[Code::WrongRole],
    )
    .request::<NewVerification>()
    .response::<VerdictView>(201)
}
