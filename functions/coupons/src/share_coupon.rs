//! `POST /v1/pools/{owner}/coupons`: a user puts a coupon into their pool, where their contacts find it.

use crate::{Desk, own_pool};
use schemars::JsonSchema;
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use serde::Deserialize;

/// Which coupon.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareCoupon {
    /// The coupon, `cpn_…`.
    coupon: String,
}

/// # Errors
/// `wrong-role`, `not-found`, `revoked`, `already-redeemed`, `expired`, `not-shareable`.
pub(crate) async fn share_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    own_pool(&call, user)?;
    let origin = call.origin()?;
    let ShareCoupon { coupon } = call.body()?;

    let shared = desk.share(&coupon, &user.id, &origin).await?;

    Ok(Reply::created(&shared.value)?.replayed(shared.replayed))
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "share-coupon",
        "Put a coupon into one's pool",
        &[
            Code::WrongRole,
            Code::NotFound,
            Code::Revoked,
            Code::AlreadyRedeemed,
            Code::Expired,
            Code::NotShareable,
        ],
    )
    .request::<ShareCoupon>()
    .response::<CouponView>(201)
}
