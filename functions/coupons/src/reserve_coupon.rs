//! A contact reserves a coupon, which nobody else can then use.

use crate::paths::OfPooledCoupon;
use scrip_coupons::{Coupons, ReservedView};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("reserve-coupon", "Reserve a contact's coupon", reserve_coupon)
        .description(
            "It is kept for this contact alone for 15 minutes, and the code counts as long. The reservation \
             lapses by itself.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::AlreadyRedeemed,
            Code::CouponReserved,
            Code::SelfRedemption,
            Code::Expired,
        ])
        .response::<ReservedView>(201)
        .budget(2, 6)
}

pub(crate) async fn reserve_coupon(coupons: Coupons, call: Call<OfPooledCoupon>) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reserved = coupons.reserve(&call.path.owner()?, &call.path.coupon()?, &user.id, &origin).await?;

    Ok(Reply::created(&reserved.value)?.replayed(reserved.replayed))
}
