//! What a user holds, shares and has used, newest first.

use scrip_coupons::{CouponView, Coupons};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};

pub(crate) fn operation() -> Operation {
    Operation::http("list-coupons", "List one's coupons, newest first", list_coupons)
        .description(
            "Those that the user holds, shares and has used. The list may lag behind what was just taken by \
             moments.",
        )
        .callers(&[Caller::User])
        .list::<CouponView>()
        .budget(2, 0)
}

pub(crate) async fn list_coupons(coupons: Coupons, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&coupons.coupons_of(&user.id, &page).await?)
}
