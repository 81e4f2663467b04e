//! A coupon, for its holder, or a contact who has reserved it.

use crate::paths::OfCoupon;
use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("get-coupon", "Read a coupon", get_coupon)
        .description("For its holder, or a contact who has reserved it.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .response::<CouponView>(200)
        .budget(2, 0)
}

pub(crate) async fn get_coupon(coupons: Coupons, call: Call<OfCoupon>) -> Answer {
    let user = call.user()?;

    Reply::ok(&coupons.coupon_view(&call.path.coupon()?, &user.id).await?)
}
