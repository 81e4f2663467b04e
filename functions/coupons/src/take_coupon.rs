//! A user takes a coupon.

use crate::paths::OfCampaign;
use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("take-coupon", "Take a coupon", take_coupon)
        .description(
            "At most `per_user` of a campaign, and `per_day` on one day of the merchant, as long as there \
             are any.",
        )
        .callers(&[Caller::User])
        .refuses(&[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::NotFound,
            Code::SoldOut,
            Code::LimitExceeded,
            Code::Expired,
        ])
        .response::<CouponView>(201)
        .budget(2, 8)
}

pub(crate) async fn take_coupon(coupons: Coupons, call: Call<OfCampaign>) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let taken = coupons.take(&call.path.campaign()?, &user.id, &origin).await?;

    Ok(Reply::created(&taken.value)?.replayed(taken.replayed))
}
