//! `GET /v1/coupons/{coupon}/code`: what is shown to use a coupon. It changes each minute.

use crate::{Desk, coupon_in};
use scrip_coupons::CodeView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `revoked`, `already-redeemed`, `coupon-pooled`, `expired`.
pub(crate) async fn get_coupon_code(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;

    Reply::ok(&desk.code(&coupon_in(&call)?, &user.id).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "get-coupon-code",
        "Get the code to show now",
        &[
            Code::WrongRole,
            Code::NotFound,
            Code::Revoked,
            Code::AlreadyRedeemed,
            Code::CouponPooled,
            Code::Expired,
        ],
    )
    .response::<CodeView>(200)
}
