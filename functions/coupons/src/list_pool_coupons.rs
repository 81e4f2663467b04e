//! `GET /v1/pools/{owner}/coupons`: a pool, newest first, for its owner and the owner's contacts.

use crate::{Desk, owner_in};
use scrip_coupons::CouponView;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::Code;

/// # Errors
/// `wrong-role`, `not-found` for who is no contact, `invalid-cursor`.
pub(crate) async fn list_pool_coupons(desk: Desk, call: Call) -> Answer {
    let user = call.user()?;
    let page = call.page()?;

    Reply::page(&desk.pool(&owner_in(&call)?, &user.id, &page).await?)
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("list-pool-coupons", "List a pool, newest first", &[Code::WrongRole, Code::NotFound])
        .list::<CouponView>()
}
