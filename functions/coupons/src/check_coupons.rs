//! `POST /v1/coupons/checks`: a merchant's server asks what codes are worth. Nothing is kept of it, so that a repeated
//! request is judged again.

use crate::Desk;
use scrip_coupons::{CheckRequest, CheckView};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`. A refused code is an answer.
pub(crate) async fn check_coupons(desk: Desk, call: Call) -> Answer {
    let server = call.server()?;
    // Every POST wants a key, so that no client has to know which of them may go without.
    call.origin()?;
    let request: CheckRequest = call.body()?;

    Reply::ok(&desk.check(&server.merchant, &request).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("check-coupons", "Ask what codes would be worth on an order", &[Code::WrongRole])
        .request::<CheckRequest>()
        .response::<CheckView>(200)
}
