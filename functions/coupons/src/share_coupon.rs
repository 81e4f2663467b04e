//! A user puts a coupon into their pool, where their contacts find it.

use crate::own_pool;
use crate::paths::OfPool;
use schemars::JsonSchema;
use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use serde::Deserialize;

pub(crate) fn operation() -> Operation {
    Operation::http("share-coupon", "Put a coupon into one's pool", share_coupon)
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::Revoked, Code::AlreadyRedeemed, Code::Expired, Code::NotShareable])
        .request::<ShareCoupon>()
        .response::<CouponView>(201)
        .budget(2, 4)
}

/// Which coupon.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareCoupon {
    /// The coupon, `cpn_…`.
    coupon: String,
}

pub(crate) async fn share_coupon(coupons: Coupons, call: Call<OfPool>) -> Answer {
    let user = call.user()?;
    own_pool(&call.path.owner()?, user)?;
    let origin = call.origin()?;
    let ShareCoupon { coupon } = call.body()?;

    let shared = coupons.share(&coupon, &user.id, &origin).await?;

    Ok(Reply::created(&shared.value)?.replayed(shared.replayed))
}
