//! `GET /v1/coupons/{coupon}`: a coupon, for its holder, or a contact who has reserved it.

use crate::{Desk, coupon_in};
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found`.
pub(crate) async fn get_coupon(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;

    Reply::ok(&desk.coupon_view(&coupon_in(&call)?, &user.id).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-coupon", "Read a coupon", &[Code::WrongRole, Code::NotFound])
        .response::<CouponView>(200)
}
