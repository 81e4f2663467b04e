//! `DELETE /v1/pools/{owner}/coupons/{coupon}`: the owner takes a coupon out of the pool.

use crate::{Desk, coupon_in, own_pool};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`, `already-redeemed`, `coupon-reserved`.
pub(crate) async fn withdraw_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    own_pool(&call, user)?;

    desk.withdraw(&coupon_in(&call)?, &user.id).await?;

    Reply::no_content()
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "withdraw-coupon",
        "Take a coupon out of one's pool",
        &[Code::WrongRole, Code::NotFound, Code::AlreadyRedeemed, Code::CouponReserved],
    )
}
