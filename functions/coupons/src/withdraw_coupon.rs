//! The owner takes a coupon out of the pool.

use crate::own_pool;
use crate::paths::OfPooledCoupon;
use scrip_coupons::Coupons;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("withdraw-coupon", "Take a coupon out of one's pool", withdraw_coupon)
        .description("Unless a contact has reserved it. Its holder can use it again.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::AlreadyRedeemed, Code::CouponReserved])
        .budget(2, 2)
}

pub(crate) async fn withdraw_coupon(coupons: Coupons, call: Call<OfPooledCoupon>) -> Answer {
    let user = call.user()?;
    own_pool(&call.path.owner()?, user)?;

    coupons.withdraw(&call.path.coupon()?, &user.id).await?;

    Reply::no_content()
}
