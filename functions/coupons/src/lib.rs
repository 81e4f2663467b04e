//! The operations on coupons.

mod paths;

use scrip_http::{Problem, User};
use scrip_refusal::{Code, Failure, Refusal};

scrip_function::operations! {
    "coupons": "Campaigns of coupons, pools shared with contacts, confirmations by web shops, verification at counters.";
    create_campaign,
    list_campaigns,
    get_campaign,
    take_coupon,
    list_campaign_coupons,
    list_coupons,
    get_coupon,
    get_coupon_code,
    share_coupon,
    list_pool_coupons,
    withdraw_coupon,
    reserve_coupon,
    release_coupon,
    check_coupons,
    confirm_coupons,
    get_confirmation,
    reverse_confirmation,
    verify_coupon,
    reverse_verification,
    list_verifications,
    export_verifications,
    redeem_confirmation,
    reward_redemption,
    notify_redemption,
    work_confirmation,
}

/// Requires that a pool is the caller's own.
fn own_pool(owner: &str, user: &User) -> Result<(), Problem> {
    if owner == user.id { Ok(()) } else { Err(no_such_pool().into()) }
}

fn no_such_pool() -> Refusal {
    Refusal::new(Code::NotFound, "No pool of yours or of a contact of yours is here.")
}

/// Tells who is no member of the merchant nothing of its campaign.
fn no_such_campaign(failure: Failure) -> Failure {
    match failure.code() {
        Some(Code::NotFound) => {
            Refusal::new(Code::NotFound, "No campaign of a merchant of yours has this id.").into()
        }
        _ => failure,
    }
}
