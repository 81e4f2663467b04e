//! `DELETE /v1/pools/{owner}/coupons/{coupon}/reservations/{reservation}`: the contact gives a reservation up.

use crate::{Desk, coupon_in, owner_in};
use scrip_coupons::RESERVATION_PREFIX;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `already-redeemed`.
pub(crate) async fn release_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let reservation = call.id("reservation", RESERVATION_PREFIX)?;

    desk.release(&owner_in(&call)?, &coupon_in(&call)?, &reservation, &user.id).await?;

    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "release-coupon",
        "Give a reservation up",
        &[Code::WrongRole, Code::NotFound, Code::AlreadyRedeemed],
    )
}
