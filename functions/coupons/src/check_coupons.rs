//! A merchant's server asks what codes are worth. Nothing is kept of it but that a wrong code was counted, so that a
//! repeated request is judged again.

use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_redemptions::{CheckRequest, CheckView, Redemptions};

pub(crate) fn operation() -> Operation {
    Operation::http("check-coupons", "Ask what codes would be worth on an order", check_coupons)
        .description("Each by itself, in their order. Nothing changes but the count of wrong codes.")
        .callers(&[Caller::Server])
        .request::<CheckRequest>()
        .response::<CheckView>(200)
        .budget(2, 0)
}

pub(crate) async fn check_coupons(redemptions: Redemptions, call: Call) -> Answer {
    let server = call.server()?;
    let origin = call.origin_by(&redemptions.keyring()?.request_keys("check-coupons"))?;
    let request: CheckRequest = call.body()?;

    Reply::ok(&redemptions.check(&server.merchant, &request, &origin).await?)
}
