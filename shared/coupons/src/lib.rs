//! Campaigns with their stock: issuing coupons, whose they are, the pools in which they are shared with contacts, and the
//! codes that are shown to use them. What a use does stands in `shared/redemptions`, of which nothing is known here.

mod alias;
mod budget;
mod campaign;
mod code;
mod coupon;
mod coupons;
mod day_offset;
#[cfg(any(test, feature = "examples"))]
pub mod examples;
mod hold;
mod issue;
pub mod limits;
mod list;
mod pool;
mod reserve;
mod show;
mod stock;
mod terms;

pub use alias::{ALIAS_DIGITS, Alias};
pub use budget::TakenFromBudget;
pub use campaign::{BudgetRecord, CAMPAIGN_PREFIX, CampaignRecord, CampaignView, NewCampaign};
pub use code::{CODE_DIGITS, CODE_STEP_SECONDS, CouponCode, QR_PREFIX, Shown};
pub use coupon::{
    COUPON_PREFIX, CouponRecord, CouponStatus, Place, RESERVATION_PREFIX, Reservation, RewardFor, Use,
};
pub use coupons::{Coupons, changed, changed_item};
pub use hold::CodeView;
pub use issue::{Also, Issue};
pub use reserve::ReservedView;
pub use show::{CouponView, ReservationView, RewardForView, UseView};
pub use terms::{Reward, RewardTo, Terms};
