//! Offline payments, for one invocation.

use scrip_capability::capability;
use scrip_directory::Directory;
use scrip_ledger::Ledger;
use scrip_refusal::{Code, Failure};
use scrip_store::Store;

/// How often an operation is judged anew when what it read changes before it writes.
pub(crate) const ATTEMPTS: usize = 5;

capability! {
    /// Offline payments. Only operations that grant or check codes need a keyring.
    pub struct Offline in "OFFLINE_TABLE" {
        pub(crate) ledger: Ledger,
        pub(crate) directory: Directory,
    }
}

impl Offline {
    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
}

/// Whether a failure only says that something changed between reading and writing.
pub(crate) fn is_changed<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(failure) if failure.code() == Some(Code::Busy))
}

/// Repeats an operation while it only finds that something changed between reading and writing.
macro_rules! until_unchanged {
    ($attempt:expr) => {{
        let mut result = $attempt;
        for _ in 1..$crate::offline::ATTEMPTS {
            if !$crate::offline::is_changed(&result) {
                break;
            }
            result = $attempt;
        }
        result
    }};
}
pub(crate) use until_unchanged;
