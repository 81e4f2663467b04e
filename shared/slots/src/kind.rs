//! The kinds of what is due: one for each machine that is started for it.

use crate::slot::due;
use scrip_clock::{SignedDuration, Timestamp};

/// A kind of what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The end of a bill's time, and of its grace.
    BillExpiry,
    /// The end of an authorization, and of the time for which its code is kept after that.
    OfflineAuthorization,
    /// The end of the windows in which captures can be reversed: those of one merchant and currency settle together.
    PosSettlement,
    /// What comes of a payment request in a group: it is announced, reminded of, and ends.
    PaymentRequest,
    /// The second chance of what follows from the use of a coupon, if it was not finished at once.
    CouponReward,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::BillExpiry,
        Self::OfflineAuthorization,
        Self::PosSettlement,
        Self::PaymentRequest,
        Self::CouponReward,
    ];

    /// The machine that is started, whose name is the kind's as well.
    pub const fn machine(self) -> &'static str {
        match self {
            Self::BillExpiry => "bill-expiry",
            Self::OfflineAuthorization => "offline-authorization",
            Self::PosSettlement => "pos-settlement",
            Self::PaymentRequest => "payment-request",
            Self::CouponReward => "coupon-reward",
        }
    }

    /// What the machine's input calls the item, or the parts of what items have in common that are worked off together.
    pub const fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::BillExpiry => &["bill"],
            Self::OfflineAuthorization => &["authorization"],
            Self::PosSettlement => &["merchant", "currency"],
            Self::PaymentRequest => &["payment_request"],
            Self::CouponReward => &["redemption"],
        }
    }

    /// The variable that names the table in which the items lie.
    pub const fn table_variable(self) -> &'static str {
        match self {
            Self::BillExpiry => "BILLS_TABLE",
            Self::OfflineAuthorization | Self::PosSettlement => "OFFLINE_TABLE",
            Self::PaymentRequest => "GROUPS_TABLE",
            Self::CouponReward => "COUPONS_TABLE",
        }
    }

    /// For which moments the machine is started.
    pub const fn moments(self) -> &'static [&'static str] {
        match self {
            Self::BillExpiry => &["expiry", "grace"],
            Self::OfflineAuthorization => &["expiry", "erasure"],
            Self::PosSettlement => &["window"],
            Self::PaymentRequest => &["announcement", "reminder", "expiry"],
            Self::CouponReward => &["unfinished"],
        }
    }

    /// Whether what is due at the same moment, and has something in common, is worked off by one execution.
    pub const fn is_grouped(self) -> bool {
        matches!(self, Self::PosSettlement)
    }

    /// After how long what is still due was not done. An execution that works off many takes as long as an Express one may.
    pub const fn late_after(self) -> SignedDuration {
        if self.is_grouped() { SignedDuration::from_mins(6) } else { SignedDuration::from_mins(1) }
    }

    /// What the places of all items begin with that have this in common and are due at this moment.
    pub fn due_prefix(self, moment: &str, group: &str, at: Timestamp) -> String {
        format!("{}#", due(at, moment, group))
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.machine() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_that_hold_no_separator() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.machine()), Some(*kind));
            for word in kind.moments().iter().chain(kind.inputs()).chain([&kind.machine()]) {
                assert!(!word.is_empty() && !word.contains('#'), "{word}");
            }
        }
        assert_eq!(Kind::named("bill"), None);
    }
}
