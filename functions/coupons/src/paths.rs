//! What paths name here.

use crate::no_such_pool;
use scrip_coupons::{CAMPAIGN_PREFIX, COUPON_PREFIX, RESERVATION_PREFIX};
use scrip_fields::{is_user, user_pattern};
use scrip_http::{id, matching, path};
use scrip_redemptions::{CONFIRMATION_PREFIX, VERIFICATION_PREFIX};
use scrip_refusal::Refusal;

path! {
    /// A merchant.
    pub(crate) OfMerchant { merchant: String = id("mch_") }
}
path! {
    /// A campaign.
    pub(crate) OfCampaign { campaign: String = id(CAMPAIGN_PREFIX) }
}
path! {
    /// A coupon.
    pub(crate) OfCoupon { coupon: String = id(COUPON_PREFIX) }
}
path! {
    /// A third party's confirmation.
    pub(crate) OfConfirmation { confirmation: String = id(CONFIRMATION_PREFIX) }
}
path! {
    /// A verification at a shop.
    pub(crate) OfVerification { verification: String = id(VERIFICATION_PREFIX) }
}
path! {
    /// A user's pool.
    pub(crate) OfPool { owner: String = matching(user_pattern(), owner) }
}
path! {
    /// A coupon in a user's pool.
    pub(crate) OfPooledCoupon { owner: String = matching(user_pattern(), owner), coupon: String = id(COUPON_PREFIX) }
}
path! {
    /// A reservation of a coupon in a user's pool.
    pub(crate) OfReservation {
        owner: String = matching(user_pattern(), owner),
        coupon: String = id(COUPON_PREFIX),
        reservation: String = id(RESERVATION_PREFIX),
    }
}

/// The user whose pool it is.
fn owner(text: &str) -> Result<String, Refusal> {
    if is_user(text) { Ok(text.to_owned()) } else { Err(no_such_pool()) }
}
