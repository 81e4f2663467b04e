//! `GET /v1/coupons`: what a user holds, shares and has used, newest first.

use crate::Desk;
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `invalid-cursor`.
pub(crate) async fn list_coupons(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&desk.coupons_of(&user.id, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-coupons", "List one's coupons, newest first", &[Code::WrongRole])
        .list::<CouponView>()
}
