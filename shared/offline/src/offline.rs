//! Offline payments, for one invocation.

use scrip_clock::{Clock, Timestamp};
use scrip_directory::Directory;
use scrip_identity::Keyring;
use scrip_ledger::Ledger;
use scrip_refusal::{Code, Failure};
use scrip_store::Store;

/// How often an operation is judged anew when what it read changes before it writes.
pub(crate) const ATTEMPTS: usize = 5;

/// What the operations of offline payments work with.
#[derive(Clone)]
pub struct Offline {
    pub(crate) store: Store,
    pub(crate) table: String,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) directory: Directory,
    pub(crate) keyring: Option<Keyring>,
}

impl Offline {
    /// Offline payments in this table. Only operations that grant or check codes need a keyring.
    pub fn new(
        store: Store,
        table: impl Into<String>,
        clock: Clock,
        ledger: Ledger,
        directory: Directory,
        keyring: Option<Keyring>,
    ) -> Self {
        Self { store, table: table.into(), clock, ledger, directory, keyring }
    }

    /// The keyring.
    pub fn keyring(&self) -> Result<&Keyring, Failure> {
        self.keyring.as_ref().ok_or_else(|| Failure::broken("this function has no master secret"))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
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
