//! `POST /v1/pools/{owner}/coupons/{coupon}/reservations`: a contact reserves a coupon, which nobody else can then use.

use crate::{Desk, coupon_in, owner_in};
use scrip_coupons::ReservedView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found` for who is no contact, `self-redemption`, `already-redeemed`,
/// `coupon-reserved`, `expired`.
pub(crate) async fn reserve_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let origin = call.origin()?;
    call.empty_body()?;

    let reserved = desk.reserve(&owner_in(&call)?, &coupon_in(&call)?, &user.id, &origin).await?;

    Ok(Reply::created(&reserved.value)?.replayed(reserved.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "reserve-coupon",
        "Reserve a contact's coupon",
        &[
            Code::MalformedJson,
            Code::InvalidRequest,
            Code::WrongRole,
            Code::NotFound,
            Code::AlreadyRedeemed,
            Code::CouponReserved,
            Code::SelfRedemption,
            Code::Expired,
        ],
    )
    .response::<ReservedView>(201)
}
