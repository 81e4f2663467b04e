//! A user puts a coupon into their pool, where their contacts find it.

use crate::own_pool;
use crate::paths::OfPool;
use schemars::JsonSchema;
use scrip_coupons::{COUPON_PREFIX, CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;
use scrip_store::id_pattern;
use serde::Deserialize;
use serde_json::json;

pub(crate) fn operation() -> Operation {
    Operation::http("share-coupon", "Put a coupon into one's pool", share_coupon)
        .description(
            "The user's contacts see it there and may reserve it. As long as it lies there, its holder can't \
             use it.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::Revoked, Code::AlreadyRedeemed, Code::Expired, Code::NotShareable])
        .request::<ShareCoupon>()
        .response::<CouponView>(201)
        .budget(2, 4)
}

/// The coupon to put into the pool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "coupon": "cpn_0123456789abcdefghjkmnpqrs" }))]
pub(crate) struct ShareCoupon {
    /// The coupon, `cpn_…`.
    #[schemars(pattern(id_pattern(COUPON_PREFIX)))]
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
