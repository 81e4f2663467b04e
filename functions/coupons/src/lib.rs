//! The operations on coupons.

mod check_coupons;
mod confirm_coupons;
mod create_campaign;
mod export_verifications;
mod get_campaign;
mod get_confirmation;
mod get_coupon;
mod get_coupon_code;
mod list_campaign_coupons;
mod list_campaigns;
mod list_coupons;
mod list_pool_coupons;
mod list_verifications;
mod notify_redemption;
mod redeem_confirmation;
mod release_coupon;
mod reserve_coupon;
mod reverse_confirmation;
mod reverse_verification;
mod reward_redemption;
mod share_coupon;
mod take_coupon;
mod verify_coupon;
mod withdraw_coupon;
mod work_confirmation;

use scrip_coupons::{CAMPAIGN_PREFIX, COUPON_PREFIX, Coupons};
use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation, Trigger};
use scrip_http::{Call, Problem, User};
use scrip_refusal::{Code, Failure, Refusal};
use std::ops::Deref;

/// What the operations on coupons work with.
pub struct Desk {
    coupons: Coupons,
    invocation: Invocation,
}

impl Deref for Desk {
    type Target = Coupons;

    fn deref(&self) -> &Coupons {
        &self.coupons
    }
}

impl Capability for Desk {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let (world, store) = (&invocation.world, &invocation.store);
        let clock = &world.clock;
        let table = |name: &str| world.environment.get(name);
        let directory = Directory::new(store.clone(), table("DIRECTORY_TABLE")?, clock.clone());
        let keyring = world.keyring().ok().cloned();
        let coupons = Coupons::new(store.clone(), table("COUPONS_TABLE")?, clock.clone(), directory, keyring);
        Ok(Self { coupons, invocation: invocation.clone() })
    }
}

/// The campaign that the path names.
fn campaign_in(call: &Call) -> Result<String, Problem> {
    call.id("campaign", CAMPAIGN_PREFIX)
}

/// The coupon that the path names.
fn coupon_in(call: &Call) -> Result<String, Problem> {
    call.id("coupon", COUPON_PREFIX)
}

/// The user whose pool the path names. No id of a user holds what has a meaning in a key.
fn owner_in(call: &Call) -> Result<String, Problem> {
    let owner = call.path_parameter("owner").unwrap_or_default();
    if owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Ok(owner.to_owned());
    }
    Err(no_such_pool().into())
}

/// Requires that the path names the caller's own pool.
fn own_pool(call: &Call, user: &User) -> Result<(), Problem> {
    if owner_in(call)? == user.id { Ok(()) } else { Err(no_such_pool().into()) }
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

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("create-campaign", create_campaign::create_campaign),
        Function::http("list-campaigns", list_campaigns::list_campaigns),
        Function::http("get-campaign", get_campaign::get_campaign),
        Function::http("take-coupon", take_coupon::take_coupon),
        Function::http("list-campaign-coupons", list_campaign_coupons::list_campaign_coupons),
        Function::http("list-coupons", list_coupons::list_coupons),
        Function::http("get-coupon", get_coupon::get_coupon),
        Function::http("get-coupon-code", get_coupon_code::get_coupon_code),
        Function::http("share-coupon", share_coupon::share_coupon),
        Function::http("list-pool-coupons", list_pool_coupons::list_pool_coupons),
        Function::http("withdraw-coupon", withdraw_coupon::withdraw_coupon),
        Function::http("reserve-coupon", reserve_coupon::reserve_coupon),
        Function::http("release-coupon", release_coupon::release_coupon),
        Function::http("check-coupons", check_coupons::check_coupons),
        Function::http("confirm-coupons", confirm_coupons::confirm_coupons),
        Function::http("get-confirmation", get_confirmation::get_confirmation),
        Function::http("reverse-confirmation", reverse_confirmation::reverse_confirmation),
        Function::http("verify-coupon", verify_coupon::verify_coupon),
        Function::http("reverse-verification", reverse_verification::reverse_verification),
        Function::http("list-verifications", list_verifications::list_verifications),
        Function::http("export-verifications", export_verifications::export_verifications),
        Function::task("redeem-confirmation", redeem_confirmation::redeem_confirmation),
        Function::task("reward-redemption", reward_redemption::reward_redemption),
        Function::task("notify-redemption", notify_redemption::notify_redemption),
        Function::event("work-confirmation", Trigger::Queue, work_confirmation::work_confirmation),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        create_campaign::contract(),
        list_campaigns::contract(),
        get_campaign::contract(),
        take_coupon::contract(),
        list_campaign_coupons::contract(),
        list_coupons::contract(),
        get_coupon::contract(),
        get_coupon_code::contract(),
        share_coupon::contract(),
        list_pool_coupons::contract(),
        withdraw_coupon::contract(),
        reserve_coupon::contract(),
        release_coupon::contract(),
        check_coupons::contract(),
        confirm_coupons::contract(),
        get_confirmation::contract(),
        reverse_confirmation::contract(),
        verify_coupon::contract(),
        reverse_verification::contract(),
        list_verifications::contract(),
        export_verifications::contract(),
    ]
}
