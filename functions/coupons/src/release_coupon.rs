//! The contact gives a reservation up.

use crate::paths::OfReservation;
use scrip_coupons::Coupons;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("release-coupon", "Give a reservation up", release_coupon)
        .description("Other contacts may reserve the coupon at once.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::AlreadyRedeemed])
        .budget(2, 2)
}

pub(crate) async fn release_coupon(coupons: Coupons, call: Call<OfReservation>) -> Answer {
    let user = call.user()?;
    let reservation = call.path.reservation()?;

    coupons.release(&call.path.owner()?, &call.path.coupon()?, &reservation, &user.id).await?;

    Reply::no_content()
}
