//! Redemptions: what a use of coupons is judged by, what it takes and brings, and how it is taken back. A shop verifies a
//! code, or a third party confirms several; a shared coupon rewards who shared it.

mod check;
mod confirm;
mod confirmation;
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

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_capability::{Capability, Context};
    use scrip_coupons::examples::{NOW, time};
    use scrip_identity::Keyring;
    use scrip_money::{Currency, Money};
    use scrip_store::{Transaction, Write};

    /// Redemptions that reach nothing, for what they would write.
    pub(crate) fn redemptions() -> Redemptions {
        let tables = ["COUPONS", "DIRECTORY"].map(|name| (format!("{name}_TABLE"), name.to_lowercase()));
        Redemptions::new(&Context::unconnected(tables, time(NOW), Some(keyring()))).unwrap()
    }

    pub(crate) fn keyring() -> Keyring {
        Keyring::from_secret("a master secret for tests, long enough").unwrap()
    }

    pub(crate) fn plan(writes: Vec<Write>) -> Vec<String> {
        let mut transaction = Transaction::new();
        for write in writes {
            transaction.require(write, |_| scrip_coupons::changed());
        }
        transaction.plan()
    }

    pub(crate) fn cny(amount: i64) -> Money {
        Money::new(amount, Currency::CNY)
    }
}
