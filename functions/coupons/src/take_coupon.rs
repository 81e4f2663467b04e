//! `POST /v1/campaigns/{campaign}/coupons`: a user takes a coupon.

use crate::{Desk, campaign_in};
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `expired`, `limit-exceeded`, `sold-out`.
pub(crate) async fn take_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let taken = desk.take(&campaign_in(&call)?, &user.id, &origin).await?;

    Ok(Reply::created(&taken.value)?.replayed(taken.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "take-coupon",
        "Take a coupon",
        &[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::WrongRole,
            Code::NotFound,
            Code::SoldOut,
            Code::LimitExceeded,
            Code::Expired,
        ],
    )
    .response::<CouponView>(201)
}
