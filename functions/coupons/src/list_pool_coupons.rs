//! A pool, newest first, for its owner and the owner's contacts.

use crate::paths::OfPool;
use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("list-pool-coupons", "List a pool, newest first", list_pool_coupons)
        .description("The user's own, or that of a contact.")
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .list::<CouponView>()
        .budget(3, 0)
}

pub(crate) async fn list_pool_coupons(coupons: Coupons, call: Call<OfPool>) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&coupons.pool(&call.path.owner()?, &user.id, &page).await?)
}
