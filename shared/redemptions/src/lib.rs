//! Redemptions: what a use of coupons is judged by, what it takes and brings, and how it is taken back. A shop verifies a
//! code, or a third party confirms several; a shared coupon rewards who shared it.

mod check;
mod confirm;
mod confirmation;
mod csv;
mod follow_up;
mod judge;
pub mod limits;
mod redeem;
mod redemption;
mod redemptions;
mod reverse;
mod reward;
mod tell;
mod verdict;
mod verifications;
mod verify;

pub use check::{CheckRequest, CheckView, CheckedCode};
pub use confirm::{AcceptedConfirmation, AcceptedView, ConfirmedOrder, NamedReward, NewConfirmation};
pub use confirmation::{ConfirmationView, ConfirmedCoupon, OrderView};
pub use follow_up::{Followed, RedeemOutcome};
pub use redemption::{
    CONFIRMATION_PREFIX, EarlierUse, Found, Line, RedemptionRecord, RedemptionStatus, Reversal, UsedOn,
    VERIFICATION_PREFIX,
};
pub use redemptions::Redemptions;
pub use reverse::ReversalView;
pub use reward::RewardOutcome;
pub use tell::ToldOutcome;
pub use verdict::{Benefit, EarlierUseView, Verdict, VerdictView, VerifiedCoupon};
pub use verifications::{Moment, VerificationFilter, VerificationView};
pub use verify::{NewVerification, VerifiedOrder, Verifier};
