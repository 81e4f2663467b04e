//! What is shown to use a coupon. It changes each minute.

use crate::paths::OfCoupon;
use scrip_coupons::{CodeView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-coupon-code", "Get the code to show now", get_coupon_code)
        .description(
            "18 digits that change each minute, and what a QR code holds. A coupon in a pool has them for \
             the contact alone who has reserved it.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::Revoked, Code::AlreadyRedeemed, Code::CouponPooled, Code::Expired])
        .response::<CodeView>(200)
        .budget(2, 0)
}

pub(crate) async fn get_coupon_code(coupons: Coupons, call: Call<OfCoupon>) -> Answer {
    let user = call.user()?;

    Reply::ok(&coupons.code(&call.path.coupon()?, &user.id).await?)
}
