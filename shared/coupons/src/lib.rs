//! Coupons: campaigns that issue them, pools in which they are shared with contacts, the codes they are used with,
//! and what a use brings: a redemption, and a reward for who shared.

mod alias;
mod campaign;
mod check;
mod code;
mod confirm;
mod confirmation;
mod coupon;
mod coupons;
mod csv;
mod follow_up;
mod give_back;
mod hold;
mod issue;
mod judge;
pub mod limits;
mod list;
mod pool;
mod redeem;
mod redemption;
mod reserve;
mod reverse;
mod reward;
mod show;
mod stock;
mod tell;
mod terms;
mod verdict;
mod verifications;
mod verify;

pub use alias::{ALIAS_DIGITS, Alias};
pub use campaign::{CAMPAIGN_PREFIX, CampaignRecord, CampaignView, NewCampaign};
pub use check::{CheckRequest, CheckView, CheckedCode};
pub use code::{CODE_DIGITS, CODE_STEP_SECONDS, CouponCode, QR_PREFIX, Shown};
pub use confirm::{AcceptedConfirmation, AcceptedView, ConfirmedOrder, NamedReward, NewConfirmation};
pub use confirmation::{ConfirmationView, ConfirmedCoupon, OrderView};
pub use coupon::{
    COUPON_PREFIX, CouponRecord, CouponStatus, Place, RESERVATION_PREFIX, Reservation, RewardFor, Use,
};
pub use coupons::Coupons;
pub use follow_up::{Followed, RedeemOutcome};
pub use hold::CodeView;
pub use redemption::{
    CONFIRMATION_PREFIX, EarlierUse, Found, Line, RedemptionRecord, RedemptionStatus, Reversal, UsedOn,
    VERIFICATION_PREFIX,
};
pub use reserve::ReservedView;
pub use reverse::ReversalView;
pub use reward::RewardOutcome;
pub use show::{CouponView, ReservationView, RewardForView, UseView};
pub use tell::ToldOutcome;
pub use terms::{Reward, RewardTo, Terms};
pub use verdict::{Benefit, EarlierUseView, Verdict, VerdictView, VerifiedCoupon};
pub use verifications::{VerificationFilter, VerificationView};
pub use verify::{NewVerification, VerifiedOrder, Verifier};
