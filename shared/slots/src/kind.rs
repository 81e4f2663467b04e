//! The kinds of what is due: one for each machine that is started for it.

/// A kind of what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The end of a bill's time, and of its grace.
    BillExpiry,
    /// The end of an authorization, and of the time for which its code is kept after that.
    OfflineAuthorization,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[Self::BillExpiry, Self::OfflineAuthorization];

    /// The machine that is started, whose name is the kind's as well.
    pub const fn machine(self) -> &'static str {
        match self {
            Self::BillExpiry => "bill-expiry",
            Self::OfflineAuthorization => "offline-authorization",
        }
    }

    /// What the machine's input calls the item.
    pub const fn item(self) -> &'static str {
        match self {
            Self::BillExpiry => "bill",
            Self::OfflineAuthorization => "authorization",
        }
    }

    /// The variable that names the table in which the items lie.
    pub const fn table_variable(self) -> &'static str {
        match self {
            Self::BillExpiry => "BILLS_TABLE",
            Self::OfflineAuthorization => "OFFLINE_TABLE",
        }
    }

    /// For which moments the machine is started.
    pub const fn moments(self) -> &'static [&'static str] {
        match self {
            Self::BillExpiry => &["expiry", "grace"],
            Self::OfflineAuthorization => &["expiry", "erasure"],
        }
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
            for word in kind.moments().iter().chain([&kind.machine(), &kind.item()]) {
                assert!(!word.is_empty() && !word.contains('#'), "{word}");
            }
        }
        assert_eq!(Kind::named("bill"), None);
    }
}
